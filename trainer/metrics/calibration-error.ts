import type { Forecast } from './log-loss.ts'

/** Forecasts with scores near each other. */
export interface ReliabilityBin {
  count: number
  meanScore: number
  /** Share of positives. */
  rate: number
}

export interface CalibrationError {
  /** Expected calibration error: mean distance of mean score and rate over the bins, by their size. */
  ece: number
  /** What the same bins would show of scores without any error: chance alone. */
  noiseFloor: number
  bins: readonly ReliabilityBin[]
}

export const CALIBRATION_BINS = 20

/**
 * Expected calibration error over bins of about equal size, cut at the quantiles of the scores; equal scores share a bin.
 * null of nothing. The noise floor is the mean absolute deviation of each bin's rate if every score were true, by the normal
 * approximation: sqrt(2 / pi x sum of p (1 - p)) / count. O(n log n).
 *
 * The bins are those of `sklearn.calibration.calibration_curve(strategy='quantile')`.
 *
 * @see Naeini et al. (2015), Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI.
 */
export function calibrationError(
  forecasts: readonly Forecast[],
  binCount = CALIBRATION_BINS,
): CalibrationError | null {
  const total = forecasts.length
  if (total === 0) return null
  const sorted = [...forecasts].sort((left, right) => left.score - right.score)
  const edges = Array.from({ length: binCount - 1 }, (_, n) => quantileOf(sorted, (n + 1) / binCount))
  const sums = Array.from({ length: binCount }, () => ({ count: 0, scores: 0, positives: 0, variance: 0 }))
  let bin = 0
  for (const { score, label } of sorted) {
    while (bin < edges.length && edges[bin]! < score) bin++
    const sum = sums[bin]!
    sum.count += 1
    sum.scores += score
    sum.positives += label
    sum.variance += score * (1 - score)
  }
  const filled = sums.filter(({ count }) => count > 0)
  let [ece, noiseFloor] = [0, 0]
  for (const { scores, positives, variance } of filled) {
    ece += Math.abs(scores - positives) / total
    noiseFloor += Math.sqrt((2 / Math.PI) * variance) / total
  }
  const bins = filled.map(({ count, scores, positives }) => ({
    count,
    meanScore: scores / count,
    rate: positives / count,
  }))
  return { ece, noiseFloor, bins }
}

/** Linear between neighbours, as numpy's percentile. */
function quantileOf(sorted: readonly Forecast[], share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below]!.score
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!.score
  return low + (high - low) * (place - below)
}
