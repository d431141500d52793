import { z } from 'zod'
import { type Calibration, calibrationIdOf, type ModelManifest } from '#schemas'
import { CALIBRATION_KINDS, calibrationKind } from '../model/calibration.ts'

/** The kinds that serve, and one for tests: scores times `factor`. */
export const KINDS_WITH_SCALED = [
  ...CALIBRATION_KINDS,
  calibrationKind(
    'scaled',
    z.strictObject({ factor: z.number() }),
    ({ factor }) =>
      (score) =>
        score * factor,
  ),
]

/** What a manifest says of a calibration. */
export function calibratedBy(calibration: Calibration): Pick<ModelManifest, 'calibration' | 'calibrationId'> {
  return { calibration, calibrationId: calibrationIdOf(calibration) }
}

export function scaledBy(factor: number): Pick<ModelManifest, 'calibration' | 'calibrationId'> {
  return calibratedBy({ kind: 'scaled', factor })
}
