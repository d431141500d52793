import { type Calibration, IDENTITY_CALIBRATION } from '#schemas'
import { logOddsOf } from '#scorer/model'
import { chooseCalibration, type FittedKind } from '../../calibration/choose-calibration.ts'
import type { CalibrationConfig } from '../../calibration/config.ts'
import type { BacktestMetrics } from '../backtest/backtest-metrics.ts'

/** How a run's scores became true, and what that did on the test part (metrics.json). */
export interface RunCalibration {
  calibrationId: string
  kind: string
  /** Validation rows that it was fitted to. */
  rows: number
  positives: number
  /** The model's own scores and those that it serves, on the test part. */
  before: Trueness
  after: Trueness
  /** Why it is this one, for people. */
  sentence: string
}

export type Trueness = Pick<
  BacktestMetrics,
  'normalizedEntropy' | 'logLoss' | 'calibration' | 'ece' | 'eceNoiseFloor'
>

export interface ScoredPart {
  scores: Float32Array
  labels: Uint8Array
}

/**
 * The calibration that a model begins with, chosen as the loop chooses it (`chooseCalibration`): by rows that came after all
 * that the model learned from, and before all that it is judged on.
 *
 * @param validation scores of the file and labels, in the order of time
 */
export function fittedCalibration(
  { scores, labels }: ScoredPart,
  { kinds, examplesMax }: Pick<CalibrationConfig, 'kinds' | 'examplesMax'>,
): { calibration: Calibration; rows: number; positives: number } {
  const from = Math.max(0, labels.length - examplesMax)
  const latest = {
    logOdds: Float64Array.from(scores.subarray(from), logOddsOf),
    labels: labels.subarray(from),
  }
  const calibration = kinds.length === 0 ? IDENTITY_CALIBRATION : chooseCalibration(latest, kinds)
  const positives = latest.labels.reduce((sum, label) => sum + label, 0)
  return { calibration, rows: latest.labels.length, positives }
}

/** @param kinds that were allowed */
export function calibrationSentence(
  { kind, rows, positives }: Pick<RunCalibration, 'kind' | 'rows' | 'positives'>,
  kinds: readonly FittedKind[],
): string {
  const fitted = `${rows.toLocaleString('en-US')} validation rows (${positives.toLocaleString('en-US')} positive)`
  if (kinds.length === 0) return 'trainer.calibration.kinds is empty: scores stay as the model answers them.'
  if (kind === IDENTITY_CALIBRATION.kind)
    return `Of ${fitted}, no calibration fitted to the earlier ones was better on the later ones beyond chance: scores stay as the model answers them.`
  return `Fitted to ${fitted}, which came after all that the model learned from.`
}

export const truenessOf = ({
  normalizedEntropy,
  logLoss,
  calibration,
  ece,
  eceNoiseFloor,
}: BacktestMetrics): Trueness => ({ normalizedEntropy, logLoss, calibration, ece, eceNoiseFloor })
