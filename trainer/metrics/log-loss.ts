/** A probability, 0..1, and what came of it. */
export interface Forecast {
  score: number
  label: number
}

/** Scores are kept this far from 0 and 1, so that one wrong certainty does not make a mean infinite. */
export const SCORE_MARGIN = 1e-7

/** Of one forecast, in nats: -ln of the probability given to what happened. */
export function logLossOf(score: number, label: number): number {
  const kept = Math.min(1 - SCORE_MARGIN, Math.max(SCORE_MARGIN, score))
  return label === 0 ? -Math.log(1 - kept) : -Math.log(kept)
}

/** Mean log-loss in nats; null of nothing. Same as `sklearn.metrics.log_loss`. */
export function logLoss(forecasts: readonly Forecast[]): number | null {
  if (forecasts.length === 0) return null
  let sum = 0
  for (const { score, label } of forecasts) sum += logLossOf(score, label)
  return sum / forecasts.length
}
