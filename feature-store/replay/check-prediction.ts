import type { Prediction, RankedItem } from '#schemas'
import type { AttributesState } from '../attributes/attributes-state.ts'
import { STALE } from '../contract.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import type { EntityState } from '../state/entity-state.ts'
import { entityView, type EntityView } from '../vectors/entity-view.ts'
import { feedRatesAt } from '../vectors/feed-rates-at.ts'
import { contextValues, vectorise, writeLists } from '../vectors/vectorise.ts'

export interface VectorMismatch {
  itemId: string
  /** First column that differs. */
  column: string
  recorded: number
  recomputed: number
  /** Places of all that differ; the width itself: the vector is too short or too long. */
  columns: readonly number[]
}

/** What is known of users, items and the feed at any offset: a replay of the whole log, or of its newest part. */
export interface StateSource {
  readonly options: { readonly featureSet: CompiledFeatureSet }
  /** State after everything up to this offset of the entity's own partition, null when there was nothing. */
  stateAt(entity: 'user' | 'item' | 'feed', id: string, offset: number): EntityState | null
  /** How many attribute records there are up to the last one that is not later than this event time. */
  attributeRecordsUntil(entity: 'user' | 'item', id: string, atMs: number): number
  /** Attributes after the first `count` records, tombstones included. */
  attributesAfter(entity: 'user' | 'item', id: string, count: number): AttributesState | null
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
 *
 * @param isKnown candidates that the source knows; of others the recorded vectors are taken as they are
 */
export function checkPrediction(
  replay: StateSource,
  prediction: Prediction,
  isKnown: (itemId: string) => boolean = () => true,
): PredictionCheck {
  const { featureSet } = replay.options
  if (prediction.featureSetId !== featureSet.id) return { kind: 'other_feature_set' }
  const { userId, userOffset, occurredAtMs } = prediction
  const checked = prediction.ranking.filter(({ vector, itemId }) => vector !== null && isKnown(itemId))
  const userState = userOffset < 0 ? null : replay.stateAt('user', userId, userOffset)
  const feed = prediction.feedOffsets.map((offset, partition) =>
    offset < 0 ? null : replay.stateAt('feed', String(partition), offset),
  )
  const feedRates = feedRatesAt(featureSet, feed, occurredAtMs)
  const context = contextValues(featureSet, prediction.context)

  const candidates = prediction.ranking.map((ranked): Candidate =>
    isKnown(ranked.itemId)
      ? candidateOf(replay, ranked, occurredAtMs)
      : { ranked, views: [nobodyAt(featureSet, ranked, occurredAtMs)], isForeign: true },
  )

  let fewest: VectorMismatch[] | null = null
  for (const attributes of attributeViews(replay, 'user', userId, occurredAtMs)) {
    const at = { id: userId, atMs: occurredAtMs, stale: false }
    const user = entityView(featureSet.layouts.user, userState, attributes, at)
    const mismatches = mismatchesOf(candidates, featureSet, { user, context, feedRates })
    if (fewest === null || mismatches.length < fewest.length) fewest = mismatches
    if (fewest.length === 0) break
  }
  return { kind: 'checked', vectors: checked.length, mismatches: fewest ?? [] }
}

interface Candidate {
  ranked: RankedItem
  /** As the reader may have known it, the most likely first. */
  views: EntityView[]
  /** Nothing is known of it: its columns are as recorded. */
  isForeign?: true
}

const nobodyAt = ({ layouts }: CompiledFeatureSet, { itemId }: RankedItem, atMs: number) =>
  entityView(layouts.item, null, null, { id: itemId, atMs, stale: false })

function candidateOf(replay: StateSource, ranked: RankedItem, atMs: number): Candidate {
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
  const foreign = [...candidates.entries()].filter(([, { isForeign }]) => isForeign === true)
  /** Past the recorded ones nobody can say how the others stand to them. */
  const isListOpen = foreign.some(([, { ranked }]) => ranked.vector?.length !== width * 4)

  function rowsOf() {
    const vectors = new Float32Array(items.length * width)
    const flags = new Uint8Array(items.length * width)
    vectorise(featureSet, { ...shared, items }, vectors, flags, 0)
    if (foreign.length > 0 && !isListOpen) {
      for (const [row, { ranked }] of foreign) takeRecorded(ranked, row * width, vectors, flags)
      writeLists(featureSet, { vectors, flags, base: 0, count: items.length, width })
    }
    return (row: number) => ({
      vector: vectors.subarray(row * width, (row + 1) * width),
      flags: flags.subarray(row * width, (row + 1) * width),
    })
  }

  const alone = { vector: new Float32Array(width), flags: new Uint8Array(width) }
  for (const [row, { ranked, views, isForeign }] of candidates.entries()) {
    if (ranked.vector === null || isForeign === true) continue
    const found = views.find((view) => {
      alone.vector.fill(0)
      alone.flags.fill(0)
      const one = { ...shared, items: [view], candidates: items.length }
      vectorise(featureSet, one, alone.vector, alone.flags, 0)
      return differingColumns(ranked, alone, inLists).length === 0
    })
    items[row] = found ?? views[0]!
  }
  const rows = rowsOf()
  return candidates.flatMap(({ ranked, isForeign }, row) => {
    if (ranked.vector === null || isForeign === true) return []
    const columns = differingColumns(ranked, rows(row), isListOpen ? inLists : undefined)
    const [column] = columns
    if (column === undefined) return []
    return [
      {
        itemId: ranked.itemId,
        column: names[column] ?? 'length',
        recorded: floatAt(ranked.vector, column),
        recomputed: rows(row).vector[column] ?? NaN,
        columns,
      },
    ]
  })
}

/** What a reader may have known of the attributes, the most likely first. */
function* attributeViews(
  replay: StateSource,
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

/** Columns whose bytes or flags differ. `but`: columns that are not looked at. */
function differingColumns(
  ranked: RankedItem,
  { vector, flags }: { vector: Float32Array; flags: Uint8Array },
  but?: ReadonlySet<number>,
): number[] {
  const width = vector.length
  if (ranked.vector!.length !== width * 4 || ranked.flags?.length !== width) return [width]
  const bytes = Buffer.alloc(4)
  const differing: number[] = []
  for (let column = 0; column < width; column++) {
    if (but?.has(column) === true) continue
    bytes.writeFloatLE(vector[column]!)
    const isSame =
      bytes.compare(ranked.vector!, column * 4, column * 4 + 4) === 0 &&
      (ranked.flags[column]! | STALE) === (flags[column]! | STALE)
    if (!isSame) differing.push(column)
  }
  return differing
}

function takeRecorded(
  { vector, flags: recorded }: RankedItem,
  at: number,
  vectors: Float32Array,
  flags: Uint8Array,
): void {
  for (let column = 0; column * 4 < vector!.length; column++) {
    vectors[at + column] = vector!.readFloatLE(column * 4)
    flags[at + column] = recorded?.[column] ?? 0
  }
}

const floatAt = (vector: Buffer, column: number) =>
  column * 4 + 4 <= vector.length ? vector.readFloatLE(column * 4) : NaN
