import {
  brierScore,
  calibrationError,
  type Forecast,
  forecastQuality,
  requestQuality,
  thresholdQuality,
} from '../../metrics/index.ts'

/** How good the scores of some rows were. null where there is nothing to say it from. */
export interface BacktestMetrics {
  rows: number
  positives: number
  normalizedEntropy: number | null
  /** Mean, nats. */
  logLoss: number | null
  auc: number | null
  /** Mean AUC of requests that show both labels. */
  groupedAuc: number | null
  ndcg10: number | null
  /** Requests behind the two. */
  requests: number
  /** Mean score over base rate. */
  calibration: number | null
  ece: number | null
  /** What chance alone would show as ece. */
  eceNoiseFloor: number | null
  brier: number | null
  accuracy: number | null
  precision: number | null
  recall: number | null
  f1: number | null
}

/** @param requests of each forecast, its request; those of one request follow each other */
export function backtestMetrics(
  forecasts: readonly Forecast[],
  requests: ArrayLike<number>,
  threshold: number,
): BacktestMetrics {
  const quality = forecastQuality(forecasts)
  const order = requestQuality(byRequest(forecasts, requests))
  const error = calibrationError(forecasts)
  return {
    rows: quality.examples,
    positives: quality.positives,
    normalizedEntropy: quality.normalizedEntropy,
    logLoss: quality.logLoss,
    auc: quality.auc,
    groupedAuc: order.groupedAuc,
    ndcg10: order.ndcg10,
    requests: order.requests,
    calibration: quality.calibration,
    ece: error?.ece ?? null,
    eceNoiseFloor: error?.noiseFloor ?? null,
    brier: brierScore(forecasts),
    ...thresholdQuality(forecasts, threshold),
  }
}

export function* byRequest<T>(values: readonly T[], requests: ArrayLike<number>): Generator<T[]> {
  for (let from = 0; from < values.length;) {
    let to = from
    while (to < values.length && requests[to] === requests[from]) to++
    yield values.slice(from, to)
    from = to
  }
}
