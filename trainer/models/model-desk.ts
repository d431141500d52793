import type { DriftEvent, ModelManifest, ModelStage } from '#schemas'
import type { ModelSession, OpenModel } from '#scorer/model'
import type { Clock, Logger, Outputs, Signals } from '#streams'
import { artifactsOf, type Candidate } from '../candidate.ts'
import type { PromotionConfig } from '../config.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import { manifestOf, type ModelLog } from './model-log.ts'

export interface ModelDeskParts {
  outputs: Outputs
  openModel: OpenModel
  modelLog: ModelLog
  featureSetId: string
  objective: string
  config: PromotionConfig
  clock: Clock
  log: Logger
  signals: Signals
}

/** Why a model moves, and the event time up to which examples had matured. */
export interface MoveReason {
  reason: string
  occurredAtMs: number
}

/** The one place that opens and moves models. Every move is acknowledged before the next step. */
export interface ModelDesk {
  /** What other trainers left: the champion is opened, candidates nobody judged are rejected. */
  takeOver(at: { occurredAtMs: number }): Promise<void>
  /** File, then move to `candidate`, then proof in a real session; undefined: refused and rejected. */
  propose(candidate: Candidate, why: MoveReason): Promise<ModelSession | undefined>
  /** The session becomes the champion's, what was champion is retired. */
  promote(session: ModelSession, metrics: Record<string, number>, why: MoveReason): Promise<void>
  /** Closes the session and gives up the file. */
  reject(session: ModelSession, metrics: Record<string, number>, why: MoveReason): Promise<void>
  announce(event: DriftEvent): Promise<void>
  /** The champion and the model it replaced. */
  champion(): ModelSession | undefined
  replaced(): ModelSession | undefined
  close(): Promise<void>
}

export function createModelDesk(parts: ModelDeskParts): ModelDesk {
  const { outputs, openModel, modelLog, config, clock, log, signals } = parts
  let champion: ModelSession | undefined
  let replaced: ModelSession | undefined
  /** Own and found, oldest first. */
  const retired: ModelManifest[] = []

  async function move(
    manifest: ModelManifest,
    stage: ModelStage,
    { reason, occurredAtMs }: MoveReason,
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
    }
    outputs.add('models', { key: modelId, value })
    await outputs.flush()
    signals.count(SIGNALS.modelsMoved, { stage })
    log.info({ modelId, stage, reason }, LOG_EVENTS.modelMoved)
  }

  async function dropFile(manifest: ModelManifest): Promise<void> {
    const count = Math.max(1, Math.ceil(manifest.onnxBytes / config.artifactChunkBytes))
    for (let index = 0; index < count; index++) {
      outputs.add('modelArtifacts', { key: `${manifest.modelId}/${String(index)}`, value: null })
    }
    await outputs.flush()
  }

  async function openChampion(): Promise<void> {
    const found = modelLog.champion()
    if (found === undefined) return
    const { manifest, onnx } = found
    if (manifest.featureSetId !== parts.featureSetId || manifest.label !== parts.objective) {
      log.warn({ modelId: manifest.modelId }, LOG_EVENTS.championMissing)
      return
    }
    try {
      champion = await openModel(onnx, manifest)
    } catch (error) {
      log.warn({ modelId: manifest.modelId, error }, LOG_EVENTS.championMissing)
    }
  }

  async function retire(manifest: ModelManifest, why: MoveReason): Promise<void> {
    await move(manifest, 'retired', why)
    retired.push(manifest)
    while (retired.length > config.retiredKeptMax) await dropFile(retired.shift()!)
  }

  return {
    async takeOver({ occurredAtMs }) {
      const reason = 'The trainer was restarted before it was judged.'
      for (const found of modelLog.moves()) {
        const manifest = manifestOf(found)
        if (manifest === undefined) continue
        if (found.stage === 'retired') retired.push(manifest)
        if (found.stage !== 'candidate') continue
        await move(manifest, 'rejected', { reason, occurredAtMs })
        await dropFile(manifest)
      }
      await openChampion()
    },
    async propose(candidate, why) {
      const { manifest } = candidate
      for (const artifact of artifactsOf(candidate, config.artifactChunkBytes)) {
        outputs.add('modelArtifacts', {
          key: `${artifact.modelId}/${String(artifact.index)}`,
          value: artifact,
        })
      }
      await outputs.flush()
      await move(manifest, 'candidate', why)
      try {
        return await openModel(candidate.onnx, manifest)
      } catch (error) {
        const reason = `Refused by the code that would serve it: ${error instanceof Error ? error.message : String(error)}`
        await move(manifest, 'rejected', { ...why, reason })
        await dropFile(manifest)
        return undefined
      }
    },
    async promote(session, metrics, why) {
      const old = champion
      const manifest = { ...session.manifest, metrics }
      await move(manifest, 'champion', why)
      await replaced?.close()
      replaced = old
      champion = { manifest, predict: (...rows) => session.predict(...rows), close: () => session.close() }
      const reason = `Replaced by ${manifest.modelId}.`
      if (old !== undefined) await retire(old.manifest, { reason, occurredAtMs: why.occurredAtMs })
    },
    async reject(session, metrics, why) {
      await move({ ...session.manifest, metrics }, 'rejected', why)
      await dropFile(session.manifest)
      await session.close()
    },
    async announce(event) {
      outputs.add('drift', { key: event.monitor, value: event })
      await outputs.flush()
      signals.count(SIGNALS.driftDetected, { kind: event.kind })
      log.warn({ ...event }, LOG_EVENTS.driftDetected)
    },
    champion: () => champion,
    replaced: () => replaced,
    async close() {
      await champion?.close()
      await replaced?.close()
      champion = undefined
      replaced = undefined
    },
  }
}
