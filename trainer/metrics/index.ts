export { type Forecast, logLoss, logLossOf, SCORE_MARGIN } from './log-loss.ts'
export { baseRate, entropyOf, normalizedEntropy } from './normalized-entropy.ts'
export { areaUnderCurve } from './auc.ts'
export { brierScore } from './brier.ts'
export { calibrationRatio } from './calibration.ts'
export {
  CALIBRATION_BINS,
  type CalibrationError,
  calibrationError,
  type ReliabilityBin,
} from './calibration-error.ts'
export { type Curves, curvesOf } from './curves.ts'
export { forecastQuality, type ForecastQuality } from './forecast-quality.ts'
export { requestOrder, requestQuality, type RequestQuality } from './request-quality.ts'
export { thresholdQuality, type ThresholdQuality } from './threshold-quality.ts'
export { type LoggedChoice, weightOf } from './off-policy/logged-choice.ts'
export { ips, ipsTerm } from './off-policy/ips.ts'
export { snips } from './off-policy/snips.ts'
export { doublyRobust, doublyRobustTerm } from './off-policy/doubly-robust.ts'
