import type { TrainingExample } from '../../learning/training-example.ts'

/** Examples whose labels are known, of the last stretch of event time. */
export interface TrainingWindow {
  add(example: TrainingExample): void
  /** Those that happened within the window before this moment, in the order in which they matured. */
  at(atMs: number): readonly TrainingExample[]
  /** The last `count`, for golden rows. */
  last(count: number): readonly TrainingExample[]
  /** Examples ever added. */
  readonly added: number
  /** Left out because there was no more room. */
  readonly crowdedOut: number
}

/** About 1 GB with 60 columns. */
export const WINDOW_EXAMPLES_MAX = 3_000_000

/** @param windowMs Infinity: all of them */
export function createTrainingWindow(windowMs: number, examplesMax = WINDOW_EXAMPLES_MAX): TrainingWindow {
  let kept: TrainingExample[] = []
  let [added, crowdedOut] = [0, 0]

  return {
    add(example) {
      kept.push(example)
      added += 1
      // Cut by tenths: one by one would move all the others each time.
      if (kept.length < examplesMax * 1.1) return
      crowdedOut += kept.length - examplesMax
      kept = kept.slice(-examplesMax)
    },
    at(atMs) {
      const fromMs = atMs - windowMs
      if (fromMs !== -Infinity) kept = kept.filter(({ occurredAtMs }) => occurredAtMs >= fromMs)
      return kept
    },
    last: (count) => kept.slice(-count),
    get added() {
      return added
    },
    get crowdedOut() {
      return crowdedOut
    },
  }
}
