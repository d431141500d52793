import { z } from 'zod'
import { type Calibration, calibrationIdOf, type ModelManifest } from '#schemas'
import { type Calibrate, type CalibrationKind, calibrationKind } from './calibration-kind.ts'
import { baseRateCalibration } from './calibrations/base-rate.ts'
import { isotonicCalibration } from './calibrations/isotonic.ts'
import { plattCalibration } from './calibrations/platt.ts'
import { ModelRefusedError } from './errors.ts'

/** Every kind that models may serve with. A new one is one entry here. */
export const CALIBRATION_KINDS: readonly CalibrationKind[] = [
  calibrationKind('identity', z.strictObject({}), () => (score) => score),
  baseRateCalibration,
  plattCalibration,
  isotonicCalibration,
]

/**
 * The calibration that a manifest carries.
 * Throws ModelRefusedError `calibration_unknown`: not one of `kinds`, or with parameters that are not of its kind.
 */
export function calibrateOf(
  { modelId, calibration }: Pick<ModelManifest, 'modelId' | 'calibration'>,
  kinds: readonly CalibrationKind[] = CALIBRATION_KINDS,
): Calibrate {
  const known = kinds.find(({ kind }) => kind === calibration.kind)
  const calibrate = known?.calibrateOf(calibration)
  if (calibrate !== undefined) return calibrate
  const calibrationId = calibrationIdOf(calibration)
  throw new ModelRefusedError(
    'calibration_unknown',
    known === undefined
      ? `model ${modelId} wants calibration ${calibrationId}, which this scorer does not know`
      : `model ${modelId} wants calibration ${calibrationId}, whose parameters are not those of its kind`,
  )
}

/** What a manifest says of a calibration. */
export function calibratedBy(calibration: Calibration): Pick<ModelManifest, 'calibration' | 'calibrationId'> {
  return { calibration, calibrationId: calibrationIdOf(calibration) }
}
