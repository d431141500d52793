import type { Calibration } from '#schemas'
import type { ModelDesk } from '../models/model-desk.ts'
import type { MoveReason } from '../models/model-writer.ts'
import { type CalibrationLayer, createCalibrationLayer } from './calibration-layer.ts'
import type { CalibrationConfig } from './config.ts'

export interface ChampionCalibrationParts {
  config: CalibrationConfig
  desk: Pick<ModelDesk, 'champion' | 'recalibrate'>
  /** With the event time of the moment. */
  why: (reason: string) => MoveReason
  onCalibrated?(calibration: Calibration, atMs: number): void
}

/** The layer of the desk's champion: what it finds is written for the scorers. */
export function createChampionCalibration(parts: ChampionCalibrationParts): CalibrationLayer {
  const { config, desk, why, onCalibrated } = parts
  return createCalibrationLayer({
    config,
    serving: () => desk.champion(),
    async recalibrate(calibration, { atMs, examples }) {
      const reason = `Calibrated anew on ${examples.toLocaleString('en-US')} examples: ${calibration.kind}.`
      await desk.recalibrate(calibration, why(reason))
      onCalibrated?.(calibration, atMs)
    },
  })
}
