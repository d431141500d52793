import { type Calibration, IDENTITY_CALIBRATION } from '#schemas'
import { calibrateOf, probabilityOf } from '#scorer/model'
import { logLossOf } from '../metrics/index.ts'
import { fitBaseRate } from './base-rate.ts'
import { fitIsotonic } from './isotonic.ts'
import { fitPlatt } from './platt.ts'
import { positivesOf, type ScoredRows, stretchOf } from './scored-rows.ts'

interface CalibrationFit {
  /** Of positives, and of negatives. */
  labelsMin: number
  /** undefined: these rows allow none. */
  fit(rows: ScoredRows): Calibration | undefined
}

/** What may be fitted, from the fewest parameters on. A new one is one entry here and one in the scorer's kinds. */
export const CALIBRATION_FITS = {
  'base-rate': { labelsMin: 10, fit: fitBaseRate },
  platt: {
    labelsMin: 100,
    fit(rows) {
      const fitted = fitPlatt(rows)
      return fitted.slope > 0 ? fitted : undefined
    },
  },
  isotonic: { labelsMin: 1_000, fit: fitIsotonic },
} as const satisfies Record<string, CalibrationFit>

export type FittedKind = keyof typeof CALIBRATION_FITS
export const FITTED_KINDS = ['base-rate', 'platt', 'isotonic'] as const satisfies readonly FittedKind[]

/** Shares of the rows after which a fit is judged, each on the rows up to the next one. */
const JUDGED_AFTER = [0.5, 0.75]
/** Standard errors by which more parameters must be better on rows that came later. */
const SAVED_Z_MIN = 1

/**
 * The calibration that served later rows best: each kind for which there are enough rows is fitted to the first half and
 * judged on the next quarter, fitted to three quarters and judged on the last. One with more parameters must save log-loss
 * that chance does not explain (paired differences), the first of them against scores as they are. What is chosen is fitted
 * to all rows.
 *
 * @param rows in the order of time
 */
export function chooseCalibration(
  rows: ScoredRows,
  kinds: readonly FittedKind[] = FITTED_KINDS,
): Calibration {
  let chosen: CalibrationFit | undefined
  let losses = laterLosses(rows, undefined)
  for (const kind of FITTED_KINDS) {
    const candidate: CalibrationFit = CALIBRATION_FITS[kind]
    if (!kinds.includes(kind) || !hasEnough(rows, candidate)) continue
    const found = laterLosses(rows, candidate)
    if (found === undefined || !isBetter(found, losses!)) continue
    chosen = candidate
    losses = found
  }
  return chosen?.fit(rows) ?? IDENTITY_CALIBRATION
}

const hasEnough = (rows: ScoredRows, { labelsMin }: CalibrationFit) => {
  const positives = positivesOf(rows)
  return positives >= labelsMin && rows.labels.length - positives >= labelsMin
}

/** Log-losses of the rows after half of them; undefined: it could not be fitted to the rows before. */
function laterLosses(rows: ScoredRows, calibration: CalibrationFit | undefined): number[] | undefined {
  const count = rows.labels.length
  const ends = [...JUDGED_AFTER, 1].map((share) => Math.floor(share * count))
  const losses: number[] = []
  for (const [at, learned] of ends.slice(0, -1).entries()) {
    const before = stretchOf(rows, 0, learned)
    if (calibration !== undefined && !isMixed(before)) return undefined
    const fitted = calibration === undefined ? IDENTITY_CALIBRATION : calibration.fit(before)
    if (fitted === undefined) return undefined
    losses.push(...lossesBy(fitted, stretchOf(rows, learned, ends[at + 1])))
  }
  return losses
}

function isMixed(rows: ScoredRows): boolean {
  const positives = positivesOf(rows)
  return positives > 0 && positives < rows.labels.length
}

function lossesBy(calibration: Calibration, { logOdds, labels }: ScoredRows): number[] {
  const calibrate = calibrateOf({ modelId: 'calibrated', calibration })
  return Array.from(labels, (label, row) => logLossOf(calibrate(probabilityOf(logOdds[row]!)), label))
}

function isBetter(losses: readonly number[], than: readonly number[]): boolean {
  const count = losses.length
  let [sum, squares] = [0, 0]
  for (let at = 0; at < count; at++) {
    const saved = than[at]! - losses[at]!
    sum += saved
    squares += saved * saved
  }
  const mean = sum / count
  const error = Math.sqrt(Math.max(0, squares / count - mean * mean) / count)
  return mean > SAVED_Z_MIN * error
}
