import { calibrationError, type ReliabilityBin } from './calibration-error.ts'
import type { Forecast } from './log-loss.ts'
import { normalizedEntropy } from './normalized-entropy.ts'

/** What charts of one result draw. */
export interface Curves {
  /** Normalized entropy over time, of stretches with about as many rows. */
  series: { atMs: number; rows: number; normalizedEntropy: number | null }[]
  reliability: readonly ReliabilityBin[]
  /** False positive rate, true positive rate; from 0, 0 to 1, 1. */
  roc: [number, number][]
  /** Recall, precision. */
  precisionRecall: [number, number][]
}

const STRETCHES_MAX = 60
const STRETCH_ROWS_MIN = 200
/** Of fewer the entropy is chance. */
const STRETCH_POSITIVES_MIN = 20
const CURVE_POINTS_MAX = 120

/** @param occurredAtMs of each forecast, in order */
export function curvesOf(forecasts: readonly Forecast[], occurredAtMs: ArrayLike<number>): Curves {
  return {
    series: seriesOf(forecasts, occurredAtMs),
    reliability: calibrationError(forecasts)?.bins ?? [],
    ...thresholdCurves(forecasts),
  }
}

function seriesOf(forecasts: readonly Forecast[], occurredAtMs: ArrayLike<number>): Curves['series'] {
  const positives = forecasts.reduce((sum, { label }) => sum + label, 0)
  const most = Math.min(STRETCHES_MAX, forecasts.length / STRETCH_ROWS_MIN, positives / STRETCH_POSITIVES_MIN)
  const stretches = Math.max(1, Math.floor(most))
  return Array.from({ length: stretches }, (_, n) => {
    const [from, to] = [n, n + 1].map((end) => Math.floor((end * forecasts.length) / stretches)) as [
      number,
      number,
    ]
    return {
      atMs: occurredAtMs[Math.floor((from + to) / 2)]!,
      rows: to - from,
      normalizedEntropy: normalizedEntropy(forecasts.slice(from, to)),
    }
  })
}

/** One pass from the highest score down; equal scores are one step. */
function thresholdCurves(forecasts: readonly Forecast[]): Pick<Curves, 'roc' | 'precisionRecall'> {
  const sorted = [...forecasts].sort((left, right) => right.score - left.score)
  const positives = forecasts.reduce((sum, { label }) => sum + label, 0)
  const negatives = forecasts.length - positives
  const steps: { hits: number; falseAlarms: number }[] = []
  let [hits, falseAlarms] = [0, 0]
  for (const [place, { score, label }] of sorted.entries()) {
    if (label === 1) hits += 1
    else falseAlarms += 1
    if (sorted[place + 1]?.score !== score) steps.push({ hits, falseAlarms })
  }
  const every = Math.ceil(steps.length / CURVE_POINTS_MAX)
  const kept = steps.filter((_, n) => n % every === 0 || n === steps.length - 1)
  return {
    roc: [[0, 0], ...kept.map((at): [number, number] => [at.falseAlarms / negatives, at.hits / positives])],
    precisionRecall: kept.map((at) => [at.hits / positives, at.hits / (at.hits + at.falseAlarms)]),
  }
}
