import { createRecentWindow } from './recent-window.ts'
import type { TrainingExample } from './training-example.ts'

/** What has been learned from, in order: how much, from when to when, and the last of it. */
export interface History {
  add(example: TrainingExample): void
  /** Examples so far. */
  readonly count: number
  /** Event time of the first, and up to which they have matured. */
  readonly firstMs: number
  readonly lastMs: number
  /** The last `count` that are kept, or all of them. */
  last(count?: number): readonly TrainingExample[]
}

export function createHistory(recentExamplesMax: number): History {
  const recent = createRecentWindow<TrainingExample>(recentExamplesMax)
  let count = 0
  let firstMs = Infinity
  let lastMs = -Infinity
  return {
    add(example) {
      count += 1
      firstMs = Math.min(firstMs, example.occurredAtMs)
      lastMs = Math.max(lastMs, example.maturedAtMs)
      recent.add(example)
    },
    get count() {
      return count
    },
    get firstMs() {
      return firstMs
    },
    get lastMs() {
      return lastMs
    },
    last: (wanted) => recent.last(wanted),
  }
}
