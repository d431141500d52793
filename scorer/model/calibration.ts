import { z } from 'zod'
import { type Calibration, type ModelManifest } from '#schemas'
import { ModelRefusedError } from './errors.ts'

/** From the score of a model file to a probability that can be believed. Answers within 0..1 for a score within 0..1. */
export type Calibrate = (score: number) => number

/** One kind of calibration, told apart by `kind`: it checks its parameters and makes the function. */
export interface CalibrationKind {
  readonly kind: string
  /** undefined: these are not its parameters. */
  calibrateOf(calibration: Calibration): Calibrate | undefined
}

/** @param parameters what a calibration of this kind carries beside its `kind` */
export function calibrationKind<Parameters>(
  kind: string,
  parameters: z.ZodType<Parameters>,
  calibrateWith: (parameters: Parameters) => Calibrate,
): CalibrationKind {
  return {
    kind,
    calibrateOf({ kind: _, ...given }) {
      const parsed = parameters.safeParse(given)
      return parsed.success ? calibrateWith(parsed.data) : undefined
    },
  }
}

/** Every kind that models may serve with. A new one is one entry here. */
export const CALIBRATION_KINDS: readonly CalibrationKind[] = [
  calibrationKind('identity', z.strictObject({}), () => (score) => score),
]

/**
 * The calibration that a manifest carries.
 * Throws ModelRefusedError `calibration_unknown`: not one of `kinds`, or with parameters that are not of its kind.
 */
export function calibrateOf(manifest: ModelManifest, kinds: readonly CalibrationKind[]): Calibrate {
  const { modelId, calibration, calibrationId } = manifest
  const known = kinds.find(({ kind }) => kind === calibration.kind)
  const calibrate = known?.calibrateOf(calibration)
  if (calibrate !== undefined) return calibrate
  throw new ModelRefusedError(
    'calibration_unknown',
    known === undefined
      ? `model ${modelId} wants calibration ${calibrationId}, which this scorer does not know`
      : `model ${modelId} wants calibration ${calibrationId}, whose parameters are not those of its kind`,
  )
}
