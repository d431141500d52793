import type { Logger, Signals, StageRecord } from '#streams'
import { type ArtifactShelf, type ArtifactShelfOptions, createArtifactShelf } from './artifact-shelf.ts'
import { mayServe, type MoveAt, preferredModels } from './model-preference.ts'
import { LOG_EVENTS } from './signals.ts'

export interface KnownModelsOptions {
  limits: ArtifactShelfOptions
  log: Logger
  signals: Signals
}

/** What the models and artifacts topics have said so far, in any order between the two, within bounds. */
export interface KnownModels {
  noteMove(record: StageRecord<'models'>): void
  noteArtifact(record: StageRecord<'modelArtifacts'>): void
  /** Moves of the models that may serve, best first. */
  preferred(): MoveAt[]
  file: ArtifactShelf['file']
  /** Whether its file was dropped for the bound. */
  isEvicted(modelId: string): boolean
  /** `attempt` names a move and bytes of the model. A later attempt of the model takes its place. */
  noteRefusal(modelId: string, attempt: string): void
  isRefused(modelId: string, attempt: string): boolean
}

/** Models remembered for rollback. */
const SERVABLE_MODELS_MAX = 50
/** Models remembered as dropped for the bound of bytes. */
const EVICTED_MODELS_MAX = 1_000

export function createKnownModels({ limits, log, signals }: KnownModelsOptions): KnownModels {
  const moves = new Map<string, MoveAt>()
  const shelf = createArtifactShelf(limits)
  /** Model id -> the move and the bytes that were refused. */
  const refused = new Map<string, string>()
  const evicted = new Set<string>()

  function evict(arrived: string): void {
    const preferred = preferredModels(moves.values()).map(({ move }) => move.modelId)
    for (const modelId of shelf.evict([arrived, ...preferred])) {
      evicted.add(modelId)
      for (const oldest of [...evicted].slice(0, -EVICTED_MODELS_MAX)) evicted.delete(oldest)
      signals.count('artifacts_evicted')
      log.warn({ modelId, limit: 'artifactsHeldBytesMax' }, LOG_EVENTS.artifactEvicted)
    }
  }

  return {
    noteMove({ key, value, offset }) {
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
      if (value === null) return shelf.forget(modelIdOfKey(key))
      const { modelId, index, count } = value
      const verdict = shelf.add(value)
      if (shelf.file(modelId) !== undefined) evicted.delete(modelId)
      if (verdict !== 'held') {
        signals.count('artifacts_refused', { reason: verdict })
        log.error({ modelId, index, count, reason: verdict }, LOG_EVENTS.artifactRefused)
      }
      evict(modelId)
    },
    preferred: () => preferredModels(moves.values()),
    file: (modelId) => shelf.file(modelId),
    isEvicted: (modelId) => evicted.has(modelId),
    noteRefusal: (modelId, attempt) => void refused.set(modelId, attempt),
    isRefused: (modelId, attempt) => refused.get(modelId) === attempt,
  }
}

/** Artifact keys are model id + '/' + index. */
function modelIdOfKey(key: Buffer | null): string {
  const text = key?.toString('utf8') ?? ''
  return text.slice(0, Math.max(text.lastIndexOf('/'), 0))
}
