import type { Forecast } from './log-loss.ts'

/** How good a yes or no is that comes of a threshold. null where there is nothing to say it from. */
export interface ThresholdQuality {
  accuracy: number | null
  /** Of those said yes to; null when there was none. */
  precision: number | null
  /** Of the positives; null without one. */
  recall: number | null
  /** Harmonic mean of the two; null without a positive and without a yes. */
  f1: number | null
}

/** A score of the threshold or more is a yes. O(n). */
export function thresholdQuality(forecasts: readonly Forecast[], threshold: number): ThresholdQuality {
  let [hits, falseAlarms, misses] = [0, 0, 0]
  for (const { score, label } of forecasts) {
    if (score >= threshold) {
      if (label === 1) hits += 1
      else falseAlarms += 1
    } else if (label === 1) misses += 1
  }
  const share = (part: number, of: number) => (of === 0 ? null : part / of)
  return {
    accuracy: share(forecasts.length - falseAlarms - misses, forecasts.length),
    precision: share(hits, hits + falseAlarms),
    recall: share(hits, hits + misses),
    f1: share(2 * hits, 2 * hits + falseAlarms + misses),
  }
}
