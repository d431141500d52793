import { type Forecast, logLoss } from './log-loss.ts'

/** Entropy of a yes that comes with this probability, in nats; 0 when it is certain. */
export function entropyOf(rate: number): number {
  if (rate <= 0 || rate >= 1) return 0
  return -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate)
}

/**
 * Log-loss over the entropy of the base rate of the same examples: 1 is as good as always saying the base rate,
 * lower is better. null when there is nothing to say it from: no examples, or all with the same label.
 *
 * @see X. He et al. (2014), Practical Lessons from Predicting Clicks on Ads at Facebook, ADKDD.
 */
export function normalizedEntropy(forecasts: readonly Forecast[]): number | null {
  const loss = logLoss(forecasts)
  const entropy = entropyOf(baseRate(forecasts) ?? 0)
  return loss === null || entropy === 0 ? null : loss / entropy
}

/** Share of positives; null of nothing. */
export function baseRate(forecasts: readonly Forecast[]): number | null {
  if (forecasts.length === 0) return null
  return forecasts.reduce((sum, { label }) => sum + label, 0) / forecasts.length
}
