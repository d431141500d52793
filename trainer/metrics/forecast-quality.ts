import { areaUnderCurve } from './auc.ts'
import { calibrationRatio } from './calibration.ts'
import { type Forecast, logLoss } from './log-loss.ts'
import { baseRate, entropyOf, normalizedEntropy } from './normalized-entropy.ts'

/** How good probabilities were against what happened. null where there is nothing to say it from. */
export interface ForecastQuality {
  examples: number
  positives: number
  /** Mean, nats. */
  logLoss: number | null
  /** Of always saying the base rate of the same examples, nats. */
  baseLogLoss: number | null
  normalizedEntropy: number | null
  auc: number | null
  calibration: number | null
}

/** All metrics of the same forecasts. O(n log n). */
export function forecastQuality(forecasts: readonly Forecast[]): ForecastQuality {
  const rate = baseRate(forecasts)
  return {
    examples: forecasts.length,
    positives: forecasts.reduce((sum, { label }) => sum + label, 0),
    logLoss: logLoss(forecasts),
    baseLogLoss: rate === null ? null : entropyOf(rate),
    normalizedEntropy: normalizedEntropy(forecasts),
    auc: areaUnderCurve(forecasts),
    calibration: calibrationRatio(forecasts),
  }
}
