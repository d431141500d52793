import type { z } from 'zod'
import type { Calibration } from '#schemas'

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
