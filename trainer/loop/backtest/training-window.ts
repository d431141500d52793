import type { TrainingRows } from '../../learners/learner.ts'
import { createRecentWindow } from '../../learning/recent-window.ts'
import { decayedWeights } from '../../learning/rows.ts'
import { asTaught, type TrainingExample } from '../../learning/training-example.ts'
import { growing } from './growing.ts'

/** Examples whose labels are known, of the last stretch of event time, as columns: a fit takes them by the block. */
export interface TrainingWindow {
  add(example: TrainingExample): void
  /** Forgets what happened longer before this moment than the window is. */
  moveTo(atMs: number): void
  /** A copy, as `rowsOf` would make it; in the order in which they matured. */
  rows(halfLifeMinutes: number | undefined): TrainingRows
  /** The last ones, for golden rows and importances. */
  last(count?: number): readonly TrainingExample[]
  /** Whether those that are kept are of both labels: else there is nothing to tell apart. */
  readonly hasBothLabels: boolean
  readonly length: number
  /** Event time of the oldest that is kept. */
  readonly fromMs: number
  /** Examples ever added. */
  readonly added: number
  /** Left out because there was no more room. */
  readonly crowdedOut: number
}

export interface TrainingWindowOptions {
  width: number
  /** Infinity: all of them. */
  windowMs: number
  /** Of `last`. */
  lastMax: number
  examplesMax?: number
}

/** About 1 GB with 60 columns. */
export const WINDOW_EXAMPLES_MAX = 3_000_000

export function createTrainingWindow(options: TrainingWindowOptions): TrainingWindow {
  const { width, windowMs, lastMax, examplesMax = WINDOW_EXAMPLES_MAX } = options
  const columns = emptyColumns()
  let [itemIds, userIds]: [string[], string[]] = [[], []]
  const recent = createRecentWindow<TrainingExample>(lastMax)
  /** The first row that is kept. */
  let first = 0
  let [added, crowdedOut, positives] = [0, 0, 0]

  function forgetFirst(): void {
    positives -= columns.labels.at(first++)
  }

  /** Rows before the first are thrown away when they are half: moving the others is then constant per row. */
  function tidy(): void {
    if (first < columns.labels.length / 2) return
    for (const [name, column] of Object.entries(columns))
      column.dropFirst(first * (name === 'vectors' || name === 'flags' ? width : 1))
    itemIds = itemIds.slice(first)
    userIds = userIds.slice(first)
    first = 0
  }

  return {
    add(example) {
      columns.vectors.pushAll(asTaught(example).vector)
      columns.flags.pushAll(example.flags.subarray(0, width))
      columns.labels.push(example.label)
      columns.propensities.push(example.propensity)
      columns.occurredAtMs.push(example.occurredAtMs)
      itemIds.push(example.itemId)
      userIds.push(example.userId)
      recent.add(example)
      added += 1
      positives += example.label
      if (columns.labels.length - first <= examplesMax) return
      forgetFirst()
      crowdedOut += 1
      tidy()
    },
    moveTo(atMs) {
      const { occurredAtMs } = columns
      while (first < occurredAtMs.length && occurredAtMs.at(first) < atMs - windowMs) forgetFirst()
      tidy()
    },
    rows(halfLifeMinutes) {
      const { vectors, flags, labels, propensities } = columns
      const occurredAtMs = columns.occurredAtMs.values().slice(first)
      return {
        count: labels.length - first,
        width,
        vectors: vectors.values().slice(first * width),
        labels: labels.values().slice(first),
        propensities: propensities.values().slice(first),
        occurredAtMs,
        itemIds: itemIds.slice(first),
        userIds: userIds.slice(first),
        flags: flags.values().slice(first * width),
        ...(halfLifeMinutes === undefined ? {} : { weights: decayedWeights(occurredAtMs, halfLifeMinutes) }),
      }
    },
    last: (count) => recent.last(count),
    get hasBothLabels() {
      return positives > 0 && positives < columns.labels.length - first
    },
    get length() {
      return columns.labels.length - first
    },
    get fromMs() {
      return columns.occurredAtMs.at(first)
    },
    get added() {
      return added
    },
    get crowdedOut() {
      return crowdedOut
    },
  }
}

function emptyColumns() {
  return {
    vectors: growing(Float32Array),
    flags: growing(Uint8Array),
    labels: growing(Uint8Array),
    propensities: growing(Float32Array),
    occurredAtMs: growing(Float64Array),
  }
}
