import type { DriftEvent, ModelManifest, ModelStage } from '#schemas'
import type { Clock, Logger, Outputs, Signals } from '#streams'
import { artifactsOf, type Candidate } from '../export/candidate.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'

/** Why a model moves, and the event time up to which examples had matured. */
export interface MoveReason {
  reason: string
  occurredAtMs: number
  /** An operator keeps it as champion. */
  pinned?: boolean
}

export interface ModelWriterParts {
  outputs: Outputs
  artifactChunkBytes: number
  clock: Clock
  log: Logger
  signals: Signals
}

/** Writes what becomes of models. Everything is acknowledged before the next step. */
export interface ModelWriter {
  move(manifest: ModelManifest, stage: ModelStage, why: MoveReason): Promise<void>
  /** The model stays where it is; the metrics in this manifest are new. */
  measure(manifest: ModelManifest, stage: ModelStage, why: MoveReason): Promise<void>
  /** The champion stays where it is, under the calibration that this manifest carries. */
  calibrate(manifest: ModelManifest, why: MoveReason): Promise<void>
  writeFile(candidate: Candidate): Promise<void>
  /** Tombstones for all its pieces. */
  withdrawFile(manifest: ModelManifest): Promise<void>
  /** Tombstones for these pieces. */
  withdrawPieces(modelId: string, indexes: readonly number[]): Promise<void>
  announce(event: DriftEvent): Promise<void>
  /** The same of what is no alarm. */
  tell(event: DriftEvent): Promise<void>
}

export function createModelWriter(parts: ModelWriterParts): ModelWriter {
  const { outputs, artifactChunkBytes, clock, log, signals } = parts

  async function write(
    manifest: ModelManifest,
    stage: ModelStage,
    { reason, occurredAtMs, pinned = false }: MoveReason,
  ): Promise<void> {
    const { modelId, learner } = manifest
    const value = {
      modelId,
      learner,
      stage,
      reason,
      movedAtMs: clock.nowMs(),
      occurredAtMs,
      manifest: JSON.stringify(manifest),
      pinned,
    }
    outputs.add('models', { key: modelId, value })
    await outputs.flush()
  }

  async function withdrawPieces(modelId: string, indexes: readonly number[]): Promise<void> {
    for (const index of indexes)
      outputs.add('modelArtifacts', { key: `${modelId}/${String(index)}`, value: null })
    await outputs.flush()
  }

  async function writeEvent(event: DriftEvent): Promise<void> {
    outputs.add('drift', { key: event.monitor, value: event })
    await outputs.flush()
  }

  return {
    async calibrate(manifest, why) {
      await write(manifest, 'champion', why)
      const { modelId, calibrationId, calibration } = manifest
      signals.count(SIGNALS.modelsCalibrated, { kind: calibration.kind })
      log.info({ modelId, calibrationId, reason: why.reason }, LOG_EVENTS.modelCalibrated)
    },
    measure: write,
    async move(manifest, stage, why) {
      await write(manifest, stage, why)
      const { modelId } = manifest
      const { reason } = why
      signals.count(SIGNALS.modelsMoved, { stage })
      log.info({ modelId, stage, reason }, LOG_EVENTS.modelMoved)
    },
    async writeFile(candidate) {
      for (const artifact of artifactsOf(candidate, artifactChunkBytes)) {
        const key = `${artifact.modelId}/${String(artifact.index)}`
        outputs.add('modelArtifacts', { key, value: artifact })
      }
      await outputs.flush()
    },
    withdrawFile({ modelId, onnxBytes }) {
      const count = Math.max(1, Math.ceil(onnxBytes / artifactChunkBytes))
      return withdrawPieces(
        modelId,
        Array.from({ length: count }, (_, index) => index),
      )
    },
    withdrawPieces,
    async tell(event) {
      await writeEvent(event)
      const { cause, monitor } = event
      log.info({ monitor, cause }, LOG_EVENTS.retrain)
    },
    async announce(event) {
      await writeEvent(event)
      signals.count(SIGNALS.driftDetected, { kind: event.kind })
      log.warn({ ...event }, LOG_EVENTS.driftDetected)
    },
  }
}
