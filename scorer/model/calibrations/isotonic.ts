import { z } from 'zod'
import { calibrationKind } from '../calibration-kind.ts'
import { logOddsOf, probabilityOf } from './log-odds.ts'
import { monotoneCurve } from './monotone-curve.ts'

const KNOTS_MAX = 256

/** Log-odds, strictly increasing. */
const risingSchema = z
  .array(z.number())
  .min(1)
  .max(KNOTS_MAX)
  .refine((values) => values.every((value, at) => at === 0 || value > values[at - 1]!))

/**
 * Smoothed isotonic regression: a strictly increasing smooth curve from the model's log-odds through knots that a pooled
 * isotonic regression left. Beyond the outer knots the model's own differences go on.
 *
 * @see X. Jiang, M. Osl, J. Kim, L. Ohno-Machado (2011), Smooth isotonic regression: a new method to calibrate
 * predictive models, AMIA Summits on Translational Science.
 */
export const isotonicCalibration = calibrationKind(
  'isotonic',
  z
    .strictObject({ logOdds: risingSchema, calibrated: risingSchema })
    .refine(({ logOdds, calibrated }) => logOdds.length === calibrated.length),
  ({ logOdds, calibrated }) => {
    const curve = monotoneCurve(logOdds, calibrated)
    return (score) => probabilityOf(curve(logOddsOf(score)))
  },
)
