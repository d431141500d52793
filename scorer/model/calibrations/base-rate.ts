import { z } from 'zod'
import { calibrationKind } from '../calibration-kind.ts'
import { logOddsOf, probabilityOf } from './log-odds.ts'

/**
 * Correction of the base rate: `shift` is added to the log-odds, the model's order and its differences stay.
 *
 * @see M. Saerens, P. Latinne, C. Decaestecker (2002), Adjusting the Outputs of a Classifier to New a Priori
 * Probabilities, Neural Computation 14: new odds are old odds times a constant.
 */
export const baseRateCalibration = calibrationKind(
  'base-rate',
  z.strictObject({ shift: z.number() }),
  ({ shift }) =>
    (score) =>
      probabilityOf(logOddsOf(score) + shift),
)
