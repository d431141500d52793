import type { Prediction, RankedItem } from '#schemas'
import type { AttributesState } from '../attributes/attributes-state.ts'
import { STALE } from '../contract.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { entityView, type EntityView } from '../vectors/entity-view.ts'
import { feedRatesAt } from '../vectors/feed-rates-at.ts'
import { contextValues, vectorise } from '../vectors/vectorise.ts'
import type { Replay } from './replay.ts'

export interface VectorMismatch {
  itemId: string
  /** First column that differs. */
  column: string
  recorded: number
  recomputed: number
}

export type PredictionCheck =
  | { kind: 'checked'; vectors: number; mismatches: VectorMismatch[] }
  /** Made by another feature set: these definitions cannot say what it should be. */
  | { kind: 'other_feature_set' }

/** Attribute records a reader may have been behind by, and tombstones it may have been ahead. */
const ATTRIBUTES_BEHIND_MAX = 16
const ATTRIBUTES_AHEAD_MAX = 2

/**
 * Recomputes the vectors that a prediction recorded, from the logs, at the offsets it recorded, and compares
 * bytes. The stale bit is left out: it depends on when the reader read, not on what.
 *
 * A prediction does not say how many attribute records the reader had seen; a vector matches when some number
 * of them, the same for all of the user's columns, explains it.
 */
export function checkPrediction(replay: Replay, prediction: Prediction): PredictionCheck {
  const { featureSet } = replay.options
  if (prediction.featureSetId !== featureSet.id) return { kind: 'other_feature_set' }
  const { userId, userOffset, occurredAtMs } = prediction
  const recorded = prediction.ranking.filter(({ vector }) => vector !== null)
  const userState = userOffset < 0 ? null : replay.stateAt('user', userId, userOffset)
  const feed = prediction.feedOffsets.map((offset, partition) =>
    offset < 0 ? null : replay.stateAt('feed', String(partition), offset),
  )
  const feedRates = feedRatesAt(featureSet, feed, occurredAtMs)
  const context = contextValues(featureSet, prediction.context)

  const candidates = prediction.ranking.map((ranked) => candidateOf(replay, ranked, occurredAtMs))

  let fewest: VectorMismatch[] | null = null
  for (const attributes of attributeViews(replay, 'user', userId, occurredAtMs)) {
    const at = { id: userId, atMs: occurredAtMs, stale: false }
    const user = entityView(featureSet.layouts.user, userState, attributes, at)
    const mismatches = mismatchesOf(candidates, featureSet, { user, context, feedRates })
    if (fewest === null || mismatches.length < fewest.length) fewest = mismatches
    if (fewest.length === 0) break
  }
  return { kind: 'checked', vectors: recorded.length, mismatches: fewest ?? [] }
}

interface Candidate {
  ranked: RankedItem
  /** As the reader may have known it, the most likely first. */
  views: EntityView[]
}

function candidateOf(replay: Replay, ranked: RankedItem, atMs: number): Candidate {
  const { itemId, itemOffset } = ranked
  const { layouts } = replay.options.featureSet
  const state = itemOffset < 0 ? null : replay.stateAt('item', itemId, itemOffset)
  const views = [...attributeViews(replay, 'item', itemId, atMs)].map((attributes) =>
    entityView(layouts.item, state, attributes, { id: itemId, atMs, stale: false }),
  )
  return { ranked, views }
}

/**
 * All candidates are computed together, since some columns say how they stand to each other: first each is known by its other
 * columns, then all columns are compared.
 */
function mismatchesOf(
  candidates: readonly Candidate[],
  featureSet: CompiledFeatureSet,
  shared: Omit<Parameters<typeof vectorise>[1], 'items'>,
): VectorMismatch[] {
  const { width, names, groups } = featureSet
  const inLists = new Set(
    groups.flatMap((group) => (group.scope === 'list' ? group.names.map((_, n) => group.at + n) : [])),
  )
  const items = candidates.map(({ views }) => views[0]!)

  function rowsOf() {
    const vectors = new Float32Array(items.length * width)
    const flags = new Uint8Array(items.length * width)
    vectorise(featureSet, { ...shared, items }, vectors, flags, 0)
    return (row: number) => ({
      vector: vectors.subarray(row * width, (row + 1) * width),
      flags: flags.subarray(row * width, (row + 1) * width),
    })
  }

  let rows = rowsOf()
  for (const [row, { ranked, views }] of candidates.entries()) {
    if (ranked.vector === null) continue
    for (const view of [...views.slice(1), views[0]!]) {
      if (differingColumn(ranked, rows(row), inLists) < 0) break
      items[row] = view
      rows = rowsOf()
    }
  }
  return candidates.flatMap(({ ranked }, row) => {
    if (ranked.vector === null) return []
    const column = differingColumn(ranked, rows(row))
    if (column < 0) return []
    return [
      {
        itemId: ranked.itemId,
        column: names[column] ?? 'length',
        recorded: floatAt(ranked.vector, column),
        recomputed: rows(row).vector[column] ?? NaN,
      },
    ]
  })
}

/** What a reader may have known of the attributes, the most likely first. */
function* attributeViews(
  replay: Replay,
  entity: 'user' | 'item',
  id: string,
  atMs: number,
): Generator<AttributesState | null> {
  const seen = replay.attributeRecordsUntil(entity, id, atMs)
  for (let behind = 0; behind <= Math.min(seen, ATTRIBUTES_BEHIND_MAX); behind++) {
    yield replay.attributesAfter(entity, id, seen - behind)
  }
  for (let ahead = 1; ahead <= ATTRIBUTES_AHEAD_MAX; ahead++)
    yield replay.attributesAfter(entity, id, seen + ahead)
}

/** First column whose bytes or flags differ, -1 none. `but`: columns that are not looked at. */
function differingColumn(
  ranked: RankedItem,
  { vector, flags }: { vector: Float32Array; flags: Uint8Array },
  but?: ReadonlySet<number>,
): number {
  const width = vector.length
  if (ranked.vector!.length !== width * 4 || ranked.flags?.length !== width) return width
  const bytes = Buffer.alloc(4)
  for (let column = 0; column < width; column++) {
    if (but?.has(column) === true) continue
    bytes.writeFloatLE(vector[column]!)
    if (bytes.compare(ranked.vector!, column * 4, column * 4 + 4) !== 0) return column
    if ((ranked.flags[column]! | STALE) !== (flags[column]! | STALE)) return column
  }
  return -1
}

const floatAt = (vector: Buffer, column: number) =>
  column * 4 + 4 <= vector.length ? vector.readFloatLE(column * 4) : NaN
