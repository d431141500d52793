/** Work on one partition is done one piece at a time, in the order in which it came; partitions overlap. */
export interface PartitionLanes {
  run<T>(partition: number, work: () => Promise<T>): Promise<T>
  /** Resolves when no work is left. */
  idle(): Promise<void>
}

/**
 * Partitions stay in the map when they rest. A map that loses and gains keys is copied again and again; each copy that
 * has become old keeps the next one alive until a full collection, and with it every batch they ever held.
 */
export function createPartitionLanes(): PartitionLanes {
  const tails = new Map<number, Promise<unknown> | null>()
  return {
    run(partition, work) {
      const before = tails.get(partition) ?? null
      const result = before === null ? work() : before.then(work, work)
      const tail = result.then(rest, rest)
      function rest() {
        if (tails.get(partition) === tail) tails.set(partition, null)
      }
      tails.set(partition, tail)
      return result
    },
    async idle() {
      for (;;) {
        const busy = [...tails.values()].filter((tail) => tail !== null)
        if (busy.length === 0) return
        await Promise.all(busy)
      }
    },
  }
}
