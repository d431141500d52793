import type { Forecast } from './log-loss.ts'

/** Mean squared distance of score and label; null of nothing. Same as `sklearn.metrics.brier_score_loss`. */
export function brierScore(forecasts: readonly Forecast[]): number | null {
  if (forecasts.length === 0) return null
  let sum = 0
  for (const { score, label } of forecasts) sum += (score - label) ** 2
  return sum / forecasts.length
}
