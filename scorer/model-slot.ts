import type { FeatureSet } from '#feature-store'
import type { ModelManifest } from '#schemas'
import { codeOf, type Logger, type Signals, type StageRecord } from '#streams'
import { type ArtifactShelfOptions, createArtifactShelf } from './artifact-shelf.ts'
import { createLeasedModel, type LeasedModel, type ModelLease } from './model-lease.ts'
import { checkCalibrationIsKnown, checkFitsFeatureSet, manifestOfMove } from './model-admission.ts'
import { mayServe, type MoveAt, preferredModels } from './model-preference.ts'
import { type ModelRefusal, ModelRefusedError, type ModelSession, type OpenModel } from './model/index.ts'
import { LOG_EVENTS } from './signals.ts'

export interface ModelSlotOptions {
  openModel: OpenModel
  featureSet: FeatureSet
  limits: ArtifactShelfOptions
  log: Logger
  signals: Signals
}

/** Holds the one model that answers. Fed with the models and artifacts topics, in any order between the two. */
export interface ModelSlot {
  noteMove(record: StageRecord<'models'>): void
  noteArtifact(record: StageRecord<'modelArtifacts'>): void
  /** Opens and swaps in the best model that is whole and not refused. One run at a time. */
  settle(): Promise<void>
  /** A model that should serve but whose file was dropped for the bound: give its pieces again. */
  wantedAgain(): string | undefined
  /** The live model for one prediction; release it when done. undefined: none is live. */
  lease(): ModelLease | undefined
  /** Manifest of the live model. */
  live(): ModelManifest | undefined
  close(): Promise<void>
}

/** How often a model is opened again after the worker, not the model, failed. */
const OPEN_ATTEMPTS_MAX = 3
/** Models remembered for rollback. */
const SERVABLE_MODELS_MAX = 50
/** Models remembered as dropped for the bound of bytes. */
const EVICTED_MODELS_MAX = 1_000

/**
 * Hot swap: a new model is opened and proven beside the live one, then takes its place between two predictions;
 * those at hand finish on the old one, which is closed after the last of them. A model that is refused never
 * replaces the live one; a new move or new bytes of that model are tried again.
 */
export function createModelSlot({
  openModel,
  featureSet,
  limits,
  log,
  signals,
}: ModelSlotOptions): ModelSlot {
  const moves = new Map<string, MoveAt>()
  const shelf = createArtifactShelf(limits)
  /** Model id -> the move and the bytes that were refused. */
  const refused = new Map<string, string>()
  const evicted = new Set<string>()
  let wantedAgain: string | undefined
  let live: LeasedModel | undefined
  let settled: Promise<void> = Promise.resolve()
  let isDirty = false
  let isClosed = false

  async function swapTo(next: LeasedModel | undefined, reason: string): Promise<void> {
    const old = live
    live = next
    signals.gauge('model_live', next === undefined ? 0 : 1)
    if (next !== undefined) signals.count('models_swapped')
    const replaced = old?.session.manifest.modelId ?? null
    log.info({ modelId: next?.session.manifest.modelId ?? null, replaced, reason }, LOG_EVENTS.modelSwapped)
    await old?.retire()
  }

  function refuse(modelId: string, attempt: string, code: ModelRefusal, cause: unknown): void {
    // The worker's fault is not the model's: it is tried again at the next occasion.
    if (code !== 'worker_failed') refused.set(modelId, attempt)
    signals.count('model_refused', { code })
    const liveModelId = live?.session.manifest.modelId ?? null
    log.error(
      { modelId, code, liveModelId, detail: cause instanceof Error ? cause.message : String(cause) },
      LOG_EVENTS.modelRefused,
    )
  }

  async function openProven(onnx: Uint8Array, { move }: MoveAt): Promise<ModelSession> {
    const manifest = manifestOfMove(move)
    checkFitsFeatureSet(manifest, featureSet)
    checkCalibrationIsKnown(manifest)
    for (let attempt = 1; ; attempt++) {
      try {
        return await openModel(onnx, manifest)
      } catch (error) {
        if (error instanceof ModelRefusedError) throw error
        if (attempt < OPEN_ATTEMPTS_MAX) continue
        const message = `model ${move.modelId} could not be opened in ${OPEN_ATTEMPTS_MAX} attempts (${codeOf(error)})`
        throw new ModelRefusedError('worker_failed', message, { cause: error })
      }
    }
  }

  async function settleOnce(): Promise<void> {
    wantedAgain = undefined
    for (const at of preferredModels(moves.values())) {
      const { modelId } = at.move
      const file = shelf.file(modelId)
      const isLive = live?.session.manifest.modelId === modelId
      if (isLive && (file === undefined || live?.fileVersion === file.version)) return
      if (file === undefined) {
        if (evicted.has(modelId)) wantedAgain ??= modelId
        log.info(
          { modelId, stage: at.move.stage, isEvicted: evicted.has(modelId) },
          LOG_EVENTS.modelAwaitsArtifact,
        )
        continue
      }
      const attempt = `${at.offset}/${file.version}`
      if (refused.get(modelId) === attempt) {
        if (isLive) return
        continue
      }
      try {
        const session = await openProven(file.onnx, at)
        await swapTo(createLeasedModel(session, file.version), at.move.reason)
        return
      } catch (error) {
        refuse(modelId, attempt, error instanceof ModelRefusedError ? error.code : 'not_loadable', error)
        if (isLive) return
      }
    }
    if (live !== undefined) await swapTo(undefined, 'the live model was withdrawn and no other can serve')
  }

  async function settleAll(): Promise<void> {
    while (isDirty && !isClosed) {
      isDirty = false
      await settleOnce()
    }
  }

  return {
    noteMove({ key, value, offset }) {
      isDirty = true
      if (value === null || !mayServe(value)) {
        const modelId = value?.modelId ?? key?.toString('utf8') ?? ''
        moves.delete(modelId)
        refused.delete(modelId)
        if (value !== null && value.stage !== 'rejected') return
        evicted.delete(modelId)
        shelf.forget(modelId)
        return
      }
      moves.set(value.modelId, { move: value, offset })
      for (const { move } of preferredModels(moves.values()).slice(SERVABLE_MODELS_MAX))
        moves.delete(move.modelId)
    },
    noteArtifact({ key, value }) {
      isDirty = true
      if (value === null) return shelf.forget(modelIdOfKey(key))
      const verdict = shelf.add(value)
      if (shelf.file(value.modelId) !== undefined) evicted.delete(value.modelId)
      if (verdict !== 'held') {
        signals.count('artifacts_refused', { reason: verdict })
        log.error(
          { modelId: value.modelId, index: value.index, count: value.count, reason: verdict },
          LOG_EVENTS.artifactRefused,
        )
      }
      const preferred = preferredModels(moves.values()).map(({ move }) => move.modelId)
      for (const modelId of shelf.evict([value.modelId, ...preferred])) {
        evicted.add(modelId)
        for (const oldest of [...evicted].slice(0, -EVICTED_MODELS_MAX)) evicted.delete(oldest)
        signals.count('artifacts_evicted')
        log.warn({ modelId, limit: 'artifactsHeldBytesMax' }, LOG_EVENTS.artifactEvicted)
      }
    },
    settle() {
      const run = settled.then(settleAll)
      settled = run.catch(() => undefined)
      return run
    },
    wantedAgain: () => wantedAgain,
    lease: () => live?.lease(),
    live: () => live?.session.manifest,
    async close() {
      isClosed = true
      await settled
      await live?.retire()
      live = undefined
    },
  }
}

/** Artifact keys are model id + '/' + index. */
function modelIdOfKey(key: Buffer | null): string {
  const text = key?.toString('utf8') ?? ''
  return text.slice(0, Math.max(text.lastIndexOf('/'), 0))
}
