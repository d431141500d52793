/** A model that was calibrated anew while it served. */
export interface Recalibration {
  /** Event time. */
  atMs: number
  /** Of calibration. */
  kind: string
}
