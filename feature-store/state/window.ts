import type { WindowState } from './entity-state.ts'

/**
 * Counts one more in the bucket of its event time. Buckets older than the window are gone, whether the late
 * one comes before or after the newest: the result does not depend on the order.
 */
export function addToWindow(window: WindowState, occurredAtMs: number, bucketMs: number): void {
  const bucket = Math.floor(occurredAtMs / bucketMs)
  const size = window.counts.length
  if (window.newest < 0 || bucket - window.newest >= size) {
    window.counts.fill(0)
    window.newest = bucket
  }
  if (bucket > window.newest) {
    const shift = bucket - window.newest
    for (let k = size - 1; k >= 0; k--) window.counts[k] = k >= shift ? window.counts[k - shift]! : 0
    window.newest = bucket
  }
  const age = window.newest - bucket
  if (age < size) window.counts[age]!++
}

/** Sum of the buckets that end at the one of `atMs` and span the window; later buckets are not yet known then. */
export function countInWindow(window: WindowState, atMs: number, bucketMs: number): number {
  if (window.newest < 0) return 0
  const last = Math.floor(atMs / bucketMs)
  const size = window.counts.length
  let sum = 0
  for (let k = 0; k < size; k++) {
    const bucket = window.newest - k
    if (bucket <= last && bucket > last - size) sum += window.counts[k]!
  }
  return sum
}
