import { z } from 'zod'
import { calibrationKind } from '../calibration-kind.ts'
import { logOddsOf, probabilityOf } from './log-odds.ts'

/**
 * Platt scaling on log-odds: probability = sigmoid(slope x log-odds + intercept). A slope below 1 says that the model
 * claims too much; above 0 the order stays.
 *
 * @see J. Platt (1999), Probabilistic Outputs for Support Vector Machines, Advances in Large Margin Classifiers.
 */
export const plattCalibration = calibrationKind(
  'platt',
  z.strictObject({ slope: z.number().positive(), intercept: z.number() }),
  ({ slope, intercept }) =>
    (score) =>
      probabilityOf(slope * logOddsOf(score) + intercept),
)
