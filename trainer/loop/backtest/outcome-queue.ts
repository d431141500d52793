import type { Interaction } from '#schemas'

/** Outcomes that will be known when event time comes to them. */
export interface OutcomeQueue {
  add(outcomes: readonly Interaction[]): void
  /** Those up to this event time, in its order; equal times keep the order in which they were added. */
  takeUntil(atMs: number): Interaction[]
}

/** Adding what is newer than all that waits is O(1), else O(log n + moved). */
export function createOutcomeQueue(): OutcomeQueue {
  let waiting: Interaction[] = []
  let taken = 0

  /** After the last that is not later. */
  function placeOf(atMs: number): number {
    let [low, high] = [taken, waiting.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (waiting[middle]!.occurredAtMs <= atMs) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    add(outcomes) {
      for (const outcome of outcomes) waiting.splice(placeOf(outcome.occurredAtMs), 0, outcome)
    },
    takeUntil(atMs) {
      const until = placeOf(atMs)
      const found = waiting.slice(taken, until)
      taken = until
      if (taken === waiting.length) [waiting, taken] = [[], 0]
      return found
    },
  }
}
