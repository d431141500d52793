import {
  ManifestError,
  type ModelArtifact,
  type ModelManifest,
  type ModelMove,
  parseManifest,
} from '#schemas'
import type { RunningStage, Runtime, StageRecord } from '#streams'

/** The models a feed has, as its topics tell. */
export interface ModelLog {
  /** Latest move of every model, in the order of those moves. */
  moves(): readonly ModelMove[]
  /** The model last named champion, with its file; undefined: none, or its file is not whole. */
  champion(): { manifest: ModelManifest; onnx: Uint8Array } | undefined
  /** The last move to champion that still holds: what scorers prefer. */
  live(): ModelMove | undefined
  /** The file of a model; undefined: it is not whole. */
  file(modelId: string): Uint8Array | undefined
  /** Candidates that nobody decided on yet, in the order in which they came. O(1) when there is none. */
  candidates(): readonly ModelMove[]
  /** Files, whole or not, that no model needs: no move tells of it, or it was rejected. */
  strayFiles(): readonly StrayFile[]
  /** How many models there have ever been. */
  readonly sequence: number
  noteMove(record: Pick<StageRecord<'models'>, 'value' | 'key'>): void
  noteArtifact(record: Pick<StageRecord<'modelArtifacts'>, 'value' | 'key' | 'brokerTimeMs'>): void
}

export interface StrayFile {
  modelId: string
  /** Of the pieces that are there. */
  indexes: readonly number[]
  /** Wall clock of the broker, when the last of them came. */
  writtenAtMs: number
}

/** Files held: those of models that may be champion. Others leave when their model is rejected or withdrawn. */
export function createModelLog({ onMove }: { onMove?: (move: ModelMove) => void } = {}): ModelLog {
  const moves = new Map<string, ModelMove>()
  const pieces = new Map<string, Map<number, ModelArtifact>>()
  /** When the last piece of each came. */
  const writtenAtMs = new Map<string, number>()
  const known = new Set<string>()
  const undecided = new Map<string, ModelMove>()

  function fileOf(modelId: string): Uint8Array | undefined {
    const found = [...(pieces.get(modelId)?.values() ?? [])].sort((left, right) => left.index - right.index)
    const [first] = found
    return first === undefined || found.length < first.count
      ? undefined
      : Buffer.concat(found.map(({ bytes }) => bytes))
  }

  function forgetFile(modelId: string): void {
    pieces.delete(modelId)
    writtenAtMs.delete(modelId)
  }

  const live = () => [...moves.values()].filter(({ stage }) => stage === 'champion').at(-1)

  return {
    moves: () => [...moves.values()],
    live,
    file: fileOf,
    candidates: () => (undecided.size === 0 ? [] : [...undecided.values()]),
    champion() {
      const move = live()
      const onnx = move === undefined ? undefined : fileOf(move.modelId)
      if (move === undefined || onnx === undefined) return undefined
      const manifest = manifestOf(move)
      return manifest === undefined ? undefined : { manifest, onnx }
    },
    get sequence() {
      return known.size
    },
    noteMove({ value, key }) {
      const modelId = value?.modelId ?? key?.toString('utf8') ?? ''
      known.add(modelId)
      // Deleted first: the map keeps the order of the latest moves.
      moves.delete(modelId)
      if (value !== null) moves.set(modelId, value)
      undecided.delete(modelId)
      if (value?.stage === 'candidate') undecided.set(modelId, value)
      if (value === null || value.stage === 'rejected') forgetFile(modelId)
      if (value !== null) onMove?.(value)
    },
    strayFiles: () =>
      [...pieces]
        .filter(([modelId]) => (moves.get(modelId)?.stage ?? 'rejected') === 'rejected')
        .map(([modelId, held]) => ({
          modelId,
          indexes: [...held.keys()],
          writtenAtMs: writtenAtMs.get(modelId) ?? 0,
        })),
    noteArtifact({ value, key, brokerTimeMs }) {
      if (value === null) {
        const text = key?.toString('utf8') ?? ''
        forgetFile(text.slice(0, Math.max(0, text.lastIndexOf('/'))))
        return
      }
      writtenAtMs.set(value.modelId, brokerTimeMs)
      const held = pieces.get(value.modelId)
      const isSameFile = [...(held?.values() ?? [])].every(
        ({ sha256, count }) => sha256 === value.sha256 && count === value.count,
      )
      const file = held !== undefined && isSameFile ? held : new Map<number, ModelArtifact>()
      pieces.set(value.modelId, file)
      if (value.index >= 0 && value.index < value.count) {
        file.set(value.index, { ...value, bytes: Buffer.from(value.bytes) })
      }
    },
  }
}

/** undefined: not one of ours, or broken. */
export function manifestOf({ manifest }: ModelMove): ModelManifest | undefined {
  try {
    return parseManifest(manifest)
  } catch (error) {
    // Somebody else's model: the scorers refuse it, and nothing is compared with it.
    if (error instanceof ManifestError) return undefined
    throw error
  }
}

/** Follows both topics into the log. `ready`: all that was there at the start is in it. */
export async function followModels(runtime: Runtime, log: ModelLog): Promise<RunningStage> {
  const start = { startFrom: 'earliest' } as const
  const moves = await runtime.follow({
    ...start,
    name: 'trainer-models',
    topic: 'models',
    record: (record) => log.noteMove(record),
  })
  const artifacts = await runtime.follow({
    ...start,
    name: 'trainer-artifacts',
    topic: 'modelArtifacts',
    record: (record) => log.noteArtifact(record),
  })
  const both = [moves, artifacts]
  return {
    ready: Promise.all(both.map(({ ready }) => ready)).then(() => undefined),
    done: Promise.all(both.map(({ done }) => done)).then(() => undefined),
    async stop() {
      await Promise.all(both.map((follower) => follower.stop()))
    },
  }
}
