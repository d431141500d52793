import { z } from 'zod'
import type { ModelManifest } from '#schemas'
import { calibrationKind } from '../model/calibration-kind.ts'
import { CALIBRATION_KINDS, calibratedBy } from '../model/calibration.ts'

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

export function scaledBy(factor: number): Pick<ModelManifest, 'calibration' | 'calibrationId'> {
  return calibratedBy({ kind: 'scaled', factor })
}
