/** Work on one partition is done one piece at a time, in the order in which it came; partitions overlap. */
export interface PartitionLanes {
  run<T>(partition: number, work: () => Promise<T>): Promise<T>
  /** Resolves when no work is left. */
  idle(): Promise<void>
}

export function createPartitionLanes(): PartitionLanes {
  const tails = new Map<number, Promise<unknown>>()
  return {
    run(partition, work) {
      const before = tails.get(partition)
      const result = before === undefined ? work() : before.then(work, work)
      const tail = result.then(clear, clear)
      function clear() {
        if (tails.get(partition) === tail) tails.delete(partition)
      }
      tails.set(partition, tail)
      return result
    },
    async idle() {
      while (tails.size > 0) await Promise.all(tails.values())
    },
  }
}
