import { decodeAttributes } from '../attributes/attributes-blob.ts'
import type { AttributesState } from '../attributes/attributes-state.ts'
import type { FeatureRequest, FeatureVectors } from '../contract.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import type { Fence } from '../fence.ts'
import type { EntitySource, ReadPlan } from '../read-plan.ts'
import { decodeState } from '../state/blob.ts'
import type { EntityState } from '../state/entity-state.ts'
import type { StateLayout } from '../state/layout.ts'
import { entityView, type EntityView } from './entity-view.ts'
import { feedRatesAt } from './feed-rates-at.ts'
import { contextValues, vectorise } from './vectorise.ts'

/** What the store answered to a plan, in the plan's order. */
export interface PlannedReading {
  plan: ReadPlan
  fences: readonly Fence[]
  blobs: readonly (Buffer | null)[]
}

/** The rows of all requests of a micro-batch, each as of its request's event time. */
export function computeVectors(
  featureSet: CompiledFeatureSet,
  requests: readonly FeatureRequest[],
  reading: PlannedReading,
): FeatureVectors & { staleRows: number } {
  const { width } = featureSet
  const { plan } = reading
  const rows = requests.reduce((sum, { itemIds }) => sum + itemIds.length, 0)
  const vectors = new Float32Array(rows * width)
  const flags = new Uint8Array(rows * width)
  const userOffsets: number[] = []
  const itemOffsets: number[] = []
  const { viewOf, feed } = viewsOf(featureSet, reading)
  let staleRows = 0
  let row = 0
  for (const { itemIds, occurredAtMs, context, userId } of requests) {
    const user = viewOf(plan.user(userId), 'user', { id: userId, atMs: occurredAtMs })
    const items = itemIds.map((id) => viewOf(plan.item(id), 'item', { id, atMs: occurredAtMs }))
    const feedRates = feedRatesAt(featureSet, feed, occurredAtMs)
    const read = { user, items, context: contextValues(featureSet, context), feedRates }
    vectorise(featureSet, read, vectors, flags, row)
    userOffsets.push(user.state?.lastOffset ?? -1)
    for (const item of items) {
      itemOffsets.push(item.state?.lastOffset ?? -1)
      if (user.stale || item.stale) staleRows++
    }
    row += items.length
  }
  const feedOffsets = feed.map((state) => state?.lastOffset ?? -1)
  return { vectors, flags, userOffsets, itemOffsets, feedOffsets, staleRows }
}

/** Decodes each blob once, however many requests need it. */
export function viewsOf(
  { layouts, config }: CompiledFeatureSet,
  { plan, fences, blobs }: PlannedReading,
): {
  viewOf(source: EntitySource, entity: 'user' | 'item', at: { id: string; atMs: number }): EntityView
  /** Per partition of interactions; null: nothing happened in it. */
  readonly feed: readonly (EntityState | null)[]
} {
  const states = new Map<number, EntityState | null>()
  const attributes = new Map<number, AttributesState | null>()
  const staleMs = config.limits.staleSecondsMax * 1_000

  const stateAt = (place: number, layout: StateLayout) =>
    once(states, place, () => {
      const blob = blobs[place]
      return blob ? decodeState(layout, blob) : null
    })
  const attributesAt = (place: number, entity: 'user' | 'item') =>
    once(attributes, place, () => {
      const blob = blobs[place]
      return blob
        ? decodeAttributes(entity === 'user' ? layouts.userAttributes : layouts.itemAttributes, blob)
        : null
    })
  function viewOf(
    source: EntitySource,
    entity: 'user' | 'item',
    { id, atMs }: { id: string; atMs: number },
  ): EntityView {
    const state = stateAt(source.blob, layouts[entity])
    const known = source.attributes < 0 ? null : attributesAt(source.attributes, entity)
    const { streamTimeMs, horizonMs } = fences[source.fence]! // -1: nothing to be behind of
    const stale = streamTimeMs >= 0 && atMs - streamTimeMs > staleMs
    return entityView(layouts[entity], state, known, {
      ...{ id, atMs, stale },
      ...(horizonMs !== undefined && { horizonMs }),
    })
  }
  const feed = plan.feed.map((place) => stateAt(place, layouts.feed!))
  return { viewOf, feed }
}

function once<T>(known: Map<number, T>, place: number, make: () => T): T {
  let value = known.get(place)
  if (value === undefined) known.set(place, (value = make()))
  return value
}
