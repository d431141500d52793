import { calibratedBy, type OpenModel, type ProvenModel } from '#scorer/model'
import { type CalibrationLayer, createCalibrationLayer } from '../../calibration/calibration-layer.ts'
import type { CalibrationConfig } from '../../calibration/config.ts'
import type { Candidate } from '../../export/candidate.ts'
import type { Recalibration } from './played.ts'

/** The models of a learner without a gate: the last one answers, under the calibration of the moment. */
export interface ServedModels {
  readonly layer: CalibrationLayer
  readonly recalibrations: readonly Recalibration[]
  /** The one that answers, and the one that answered before it. */
  current(): ProvenModel | undefined
  previous(): ProvenModel | undefined
  goLive(candidate: Candidate): Promise<void>
  close(): Promise<void>
}

export function createServedModels(openModel: OpenModel, config: CalibrationConfig): ServedModels {
  const recalibrations: Recalibration[] = []
  let current: ProvenModel | undefined
  let previous: ProvenModel | undefined
  const layer = createCalibrationLayer({
    config,
    serving: () => current,
    async recalibrate(calibration, { atMs }) {
      const before = current!
      current = before.recalibrated({ ...before.manifest, ...calibratedBy(calibration) })
      await before.close()
      recalibrations.push({ atMs, kind: calibration.kind })
    },
  })

  return {
    layer,
    recalibrations,
    current: () => current,
    previous: () => previous,
    async goLive({ onnx, manifest }) {
      const session = await openModel(onnx, manifest)
      await layer.handOver()
      await previous?.close()
      previous = current
      current = session
      await layer.refit()
    },
    async close() {
      await previous?.close()
      await current?.close()
    },
  }
}
