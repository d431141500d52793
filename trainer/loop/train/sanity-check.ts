import { areaUnderCurve, baseRate, entropyOf, type Forecast, logLoss } from '../../metrics/index.ts'
import type { CollectedRows } from './collected-rows.ts'

/** What a learner made of a hundred rows that it was shown again and again. */
export interface Sanity {
  rows: number
  positives: number
  /** Share of what could be learned by heart that was, 0..1: between always saying the base rate and what equal vectors allow. */
  learned: number
  auc: number | null
  passed: boolean
  /** For people. */
  sentence: string
}

export const SANITY_ROWS = 100
/** Learners hold back from leaves and weights of a few rows: each row counts as so many. */
export const SANITY_REPEATS = 40
/** Passes over those that an online learner makes at most: one step at a time it gets there slowly. */
export const SANITY_ROUNDS_MAX = 5
/** Either: a straight line through a hundred rows gets so far, trees all the way, what is broken nowhere. */
const LEARNED_MIN = 0.1
const AUC_MIN = 0.7

/** Up to a hundred training rows, half of them positive where there are as many, spread over the time. */
export function sanityRows({ labels }: Pick<CollectedRows, 'labels'>, train: Int32Array): Int32Array {
  const of = (label: number) => train.filter((row) => labels[row] === label)
  const [negatives, positives] = [of(0), of(1)]
  const wanted = Math.min(positives.length, Math.max(SANITY_ROWS / 2, SANITY_ROWS - negatives.length))
  const spread = (rows: Int32Array, count: number) =>
    Array.from({ length: Math.min(count, rows.length) }, (_, n) =>
      Math.floor((n * rows.length) / Math.min(count, rows.length)),
    ).map((at) => rows[at]!)
  return Int32Array.from([...spread(positives, wanted), ...spread(negatives, SANITY_ROWS - wanted)]).sort()
}

/** @param forecasts of the rows that were learned; `vectors` theirs, rows x width */
export function judgeSanity(
  learner: string,
  forecasts: readonly Forecast[],
  { vectors, width }: { vectors: Float32Array; width: number },
): Sanity {
  const rows = forecasts.length
  const positives = forecasts.reduce((sum, { label }) => sum + label, 0)
  const whole = entropyOf(baseRate(forecasts)!)
  const least = leastLoss(forecasts, vectors, width)
  const loss = logLoss(forecasts)!
  const learnable = whole - least
  const learned = learnable <= 0 ? 0 : Math.max(0, Math.min(1, (whole - loss) / learnable))
  const auc = areaUnderCurve(forecasts)
  const tells = learnable > whole * 0.05
  const passed = tells && (learned >= LEARNED_MIN || (auc !== null && auc >= AUC_MIN))
  const share = `${(100 * learned).toFixed(0)} %`
  const sentence = passed
    ? `${learner} can learn ${String(rows)} rows by heart (${share} of what can be): data and learner fit together.`
    : tells
      ? `${learner} cannot even learn ${String(rows)} rows by heart (${share} of what can be): features hardly tell positives from negatives, or its settings hold it back. Try another learner (--learner gbdt), look at the features (feedloop features show), or go on with --no-sanity.`
      : `Rows with the same features have both labels: of ${String(rows)} rows the features tell positives from negatives in next to none. Add features or attributes that differ between them, or go on with --no-sanity.`
  return { rows, positives, learned, auc, passed, sentence }
}

/** Mean log-loss of who knows the rate of positives among equal vectors. */
function leastLoss(forecasts: readonly Forecast[], vectors: Float32Array, width: number): number {
  const groups = new Map<string, { count: number; positives: number }>()
  for (const [row, { label }] of forecasts.entries()) {
    const key = vectors.subarray(row * width, (row + 1) * width).join()
    const group = groups.get(key) ?? { count: 0, positives: 0 }
    groups.set(key, group)
    group.count += 1
    group.positives += label
  }
  let loss = 0
  for (const { count, positives } of groups.values()) loss += count * entropyOf(positives / count)
  return loss / forecasts.length
}
