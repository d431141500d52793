import type { FeatureSet, FeatureSets } from '#feature-store'
import type { ModelManifest } from '#schemas'
import type { Logger, Signals } from '#streams'
import type { KnownModels } from './known-models.ts'
import type { LiveModel } from './live-model.ts'
import { checkFitsOneOf, manifestOfMove } from './model-admission.ts'
import { createLeasedModel } from './model-lease.ts'
import { openWithRetries } from './model-opening.ts'
import type { MoveAt } from './model-preference.ts'
import { ModelRefusedError, type OpenModel, type ProvenModel } from './model/index.ts'
import { LOG_EVENTS } from './signals.ts'

export interface ModelSettlingOptions {
  known: KnownModels
  live: LiveModel
  openModel: OpenModel
  featureSet: FeatureSet
  sets?: Pick<FeatureSets, 'find' | 'isReady' | 'version'> | undefined
  log: Logger
  signals: Signals
}

/** Makes the best model that is whole and not refused the live one. */
export interface ModelSettling {
  settle(): Promise<void>
  /** A model that should serve but whose file was dropped for the bound. */
  wantedAgain(): string | undefined
}

export function createModelSettling(options: ModelSettlingOptions): ModelSettling {
  const { known, live, openModel, featureSet, sets, log, signals } = options
  let wantedAgain: string | undefined

  /** Whether this model is live now. */
  async function serve(at: MoveAt): Promise<boolean> {
    const { modelId, reason } = at.move
    const current = live.current()
    const own = current?.session.manifest.modelId === modelId ? current : undefined
    const file = known.file(modelId)
    const fileVersion = file?.version ?? own?.fileVersion
    if (fileVersion === undefined) {
      awaitArtifact(at)
      return false
    }
    const attempt = `${at.offset}/${fileVersion}/${sets?.version() ?? 0}`
    if (known.isRefused(modelId, attempt)) return own !== undefined
    try {
      const manifest = manifestOfMove(at.move)
      checkFitsOneOf(manifest, featureSet, sets)
      const isOpen = own?.fileVersion === fileVersion
      if (isOpen && own.session.manifest.calibrationId === manifest.calibrationId) return true
      const session =
        (isOpen ? own.session.recalibrated(manifest) : undefined) ?? (await open(file, manifest))
      if (session === undefined) awaitArtifact(at)
      else await live.swapTo(createLeasedModel(session, fileVersion), reason)
      return true
    } catch (error) {
      refuse(modelId, attempt, error)
      return own !== undefined
    }
  }

  async function open(
    file: { onnx: Uint8Array } | undefined,
    manifest: ModelManifest,
  ): Promise<ProvenModel | undefined> {
    return file && openWithRetries(openModel, file.onnx, manifest)
  }

  function awaitArtifact({ move: { modelId, stage } }: MoveAt): void {
    const isEvicted = known.isEvicted(modelId)
    if (isEvicted) wantedAgain ??= modelId
    log.info({ modelId, stage, isEvicted }, LOG_EVENTS.modelAwaitsArtifact)
  }

  function refuse(modelId: string, attempt: string, cause: unknown): void {
    const code = cause instanceof ModelRefusedError ? cause.code : 'not_loadable'
    // The worker's fault is not the model's: it is tried again at the next occasion.
    if (code !== 'worker_failed') known.noteRefusal(modelId, attempt)
    signals.count('model_refused', { code })
    const liveModelId = live.current()?.session.manifest.modelId ?? null
    log.error(
      { modelId, code, liveModelId, detail: cause instanceof Error ? cause.message : String(cause) },
      LOG_EVENTS.modelRefused,
    )
  }

  return {
    async settle() {
      wantedAgain = undefined
      for (const at of readyFirst(known.preferred(), sets)) if (await serve(at)) return
      if (live.current() !== undefined)
        await live.swapTo(undefined, 'the live model was withdrawn and no other can serve')
    },
    wantedAgain: () => wantedAgain,
  }
}

/** Models whose features are there before those whose features are still being built. */
function readyFirst(preferred: readonly MoveAt[], sets: ModelSettlingOptions['sets']): readonly MoveAt[] {
  if (sets === undefined) return preferred
  const ready: MoveAt[] = []
  const building: MoveAt[] = []
  for (const at of preferred) (isReady(at, sets) ? ready : building).push(at)
  return [...ready, ...building]
}

function isReady({ move }: MoveAt, sets: Pick<FeatureSets, 'isReady'>): boolean {
  try {
    return sets.isReady(manifestOfMove(move).featureSetId)
  } catch (error) {
    if (error instanceof ModelRefusedError) return false
    throw error
  }
}
