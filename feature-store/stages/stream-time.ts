/** The newest event time that a partition's states have seen, -1 none. */
export interface StreamTime {
  newestMs: number
}

/**
 * Whether an interaction came too late to be folded, more than the bound behind the newest of its own partition; if not, it moves
 * that time. Of the record and those before it alone: live, rebuilt and replayed decide the same, and a partition in which nothing
 * happens holds up nobody else.
 */
export function isTooLate(time: StreamTime, occurredAtMs: number, lateSecondsMax: number): boolean {
  if (time.newestMs >= 0 && occurredAtMs < time.newestMs - lateSecondsMax * 1_000) return true
  if (occurredAtMs > time.newestMs) time.newestMs = occurredAtMs
  return false
}

/** The same for all partitions of interactions. @param startOf newest event time before the first record, -1 none */
export function createLateness(
  { lateSecondsMax }: { lateSecondsMax: number },
  startOf: (partition: number) => number = () => -1,
): (partition: number, occurredAtMs: number) => boolean {
  const times = new Map<number, StreamTime>()
  return function tooLate(partition, occurredAtMs) {
    let time = times.get(partition)
    if (time === undefined) times.set(partition, (time = { newestMs: startOf(partition) }))
    return isTooLate(time, occurredAtMs, lateSecondsMax)
  }
}
