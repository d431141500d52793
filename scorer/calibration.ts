/** How raw scores become probabilities that can be believed. Scores are calibrated in place of the model's. */
export type Calibrate = (scores: Float32Array) => Float32Array

const CALIBRATIONS: ReadonlyMap<string, Calibrate> = new Map([['identity', (scores) => scores]])

/** The calibration a manifest names; undefined when this version does not know it. */
export function calibrationOf(calibrationId: string): Calibrate | undefined {
  return CALIBRATIONS.get(calibrationId)
}
