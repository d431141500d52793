import type { WindowSlot } from './layout.ts'

/**
 * Counts one more in the bucket of its event time. Buckets older than the window are gone, whether the late
 * one comes before or after the newest: the result does not depend on the order.
 *
 * @param at where the window begins in `numbers` (StatePlaces.windows)
 */
export function addToWindow(
  numbers: number[],
  at: number,
  { bucketMs, buckets }: WindowSlot,
  occurredAtMs: number,
): void {
  const bucket = Math.floor(occurredAtMs / bucketMs)
  const newest = numbers[at]!
  const counts = at + 1
  if (newest < 0 || bucket - newest >= buckets) {
    numbers.fill(0, counts, counts + buckets)
    numbers[at] = bucket
  } else if (bucket > newest) {
    const shift = bucket - newest
    for (let k = buckets - 1; k >= 0; k--) numbers[counts + k] = k >= shift ? numbers[counts + k - shift]! : 0
    numbers[at] = bucket
  }
  const age = numbers[at]! - bucket
  if (age < buckets) numbers[counts + age]!++
}

/** Sum of the buckets that end at the one of `atMs` and span the window; later buckets are not yet known then. */
export function countInWindow(
  numbers: readonly number[],
  at: number,
  { bucketMs, buckets }: WindowSlot,
  atMs: number,
): number {
  const newest = numbers[at]!
  if (newest < 0) return 0
  const last = Math.floor(atMs / bucketMs)
  let sum = 0
  for (let k = 0; k < buckets; k++) {
    const bucket = newest - k
    if (bucket <= last && bucket > last - buckets) sum += numbers[at + 1 + k]!
  }
  return sum
}
