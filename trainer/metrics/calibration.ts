import type { Forecast } from './log-loss.ts'

/** Mean score over base rate: 1 is neither too high nor too low. null without a positive. */
export function calibrationRatio(forecasts: readonly Forecast[]): number | null {
  let scores = 0
  let positives = 0
  for (const { score, label } of forecasts) {
    scores += score
    positives += label
  }
  return positives === 0 ? null : scores / positives
}
