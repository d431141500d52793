import { ManifestError, type ModelMove, parseManifest } from '#schemas'

/** The feature sets that models of the feed need, as the models topic tells. */
export interface ModelNeeds {
  noteMove(record: { key: Buffer | null; value: ModelMove | null }): void
  /** Of the model that serves; null: none does. */
  live(): string | null
  /** Of the live model, and of those that served until less than `keptMs` ago: an operator may roll back to them. */
  sets(atMs: number, keptMs: number): Set<string>
}

interface Served {
  featureSetId: string
  isChampion: boolean
  movedAtMs: number
}

/** Models that once served and are remembered, the latest. */
const SERVED_MAX = 1_000

export function createModelNeeds(): ModelNeeds {
  const served = new Map<string, Served>()
  const last = () => [...served.values()].findLast(({ isChampion }) => isChampion)
  return {
    noteMove({ key, value }) {
      const modelId = value?.modelId ?? key?.toString('utf8') ?? ''
      // Deleted first: the map keeps the order of the latest moves.
      served.delete(modelId)
      if (value === null || (value.stage !== 'champion' && value.stage !== 'retired')) return
      const featureSetId = setOf(value)
      if (featureSetId === null) return
      served.set(modelId, {
        featureSetId,
        isChampion: value.stage === 'champion',
        movedAtMs: value.movedAtMs,
      })
      for (const oldest of [...served.keys()].slice(0, -SERVED_MAX)) served.delete(oldest)
    },
    live: () => last()?.featureSetId ?? null,
    sets(atMs, keptMs) {
      const live = last()
      const needed = [...served.values()].filter((one) => one === live || atMs - one.movedAtMs < keptMs)
      return new Set(needed.map(({ featureSetId }) => featureSetId))
    },
  }
}

/** null: no manifest of ours. */
function setOf({ manifest }: ModelMove): string | null {
  try {
    return parseManifest(manifest).featureSetId
  } catch (error) {
    if (error instanceof ManifestError) return null
    throw error
  }
}
