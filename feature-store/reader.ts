import type { Runtime } from '#streams'
import { decodeAttributes } from './attributes/attributes-blob.ts'
import type { AttributesState } from './attributes/attributes-state.ts'
import type { FeatureAnswer, FeatureReader, FeatureRequest } from './contract.ts'
import type { CompiledFeatureSet } from './feature-set.ts'
import { isReady, type Fence } from './fence.ts'
import { createReadPlan, type EntitySource, type ReadPlan } from './read-plan.ts'
import { SIGNALS } from './signals.ts'
import { decodeState } from './state/blob.ts'
import type { EntityState } from './state/entity-state.ts'
import type { StateStore } from './state-store.ts'
import { entityView, type EntityView } from './vectors/entity-view.ts'
import { contextValues, vectorise } from './vectors/vectorise.ts'

/**
 * Reads vectors for a micro-batch of rank requests: one store read for all users, candidates, attributes and
 * fences, then arithmetic as of each request's event time. Nothing is kept between reads.
 */
export function createFeatureReader(parts: {
  runtime: Runtime
  store: StateStore
  featureSet: CompiledFeatureSet
}): FeatureReader {
  const { runtime, store, featureSet } = parts
  const { clock, signals } = runtime
  const planRead = createReadPlan(runtime, featureSet)

  async function answer(requests: readonly FeatureRequest[]): Promise<FeatureAnswer> {
    const plan = planRead(requests)
    signals.observe(SIGNALS.readKeys, plan.fences.length + plan.blobs.length)
    let reading
    try {
      reading = await store.read(plan)
    } catch (cause) {
      return { kind: 'unavailable', cause }
    }
    const { fences, blobs } = reading
    const ready = fences.filter(isReady)
    if (ready.length < fences.length) return { kind: 'not_ready' }
    return { kind: 'vectors', vectors: compute(requests, plan, ready, blobs) }
  }

  function compute(
    requests: readonly FeatureRequest[],
    plan: ReadPlan,
    fences: readonly Fence[],
    blobs: readonly (Buffer | null)[],
  ) {
    const { layouts, width, config } = featureSet
    const rows = requests.reduce((sum, { itemIds }) => sum + itemIds.length, 0)
    const vectors = new Float32Array(rows * width)
    const flags = new Uint8Array(rows * width)
    const userOffsets: number[] = []
    const itemOffsets: number[] = []
    const states = new Map<number, EntityState | null>()
    const attributes = new Map<number, AttributesState | null>()
    const staleMs = config.limits.staleSecondsMax * 1_000
    let staleRows = 0

    const stateAt = (place: number, entity: 'user' | 'item') =>
      once(states, place, () => {
        const blob = blobs[place]
        return blob ? decodeState(layouts[entity], blob) : null
      })
    const attributesAt = (place: number, entity: 'user' | 'item') =>
      once(attributes, place, () => {
        const blob = blobs[place]
        return blob
          ? decodeAttributes(entity === 'user' ? layouts.userAttributes : layouts.itemAttributes, blob)
          : null
      })
    const viewOf = (source: EntitySource, entity: 'user' | 'item', atMs: number): EntityView => {
      const state = stateAt(source.blob, entity)
      const known = source.attributes < 0 ? null : attributesAt(source.attributes, entity)
      const { streamTimeMs } = fences[source.fence]! // -1: nothing to be behind of
      const stale = streamTimeMs >= 0 && atMs - streamTimeMs > staleMs
      return entityView(layouts[entity], state, known, atMs, stale)
    }

    let row = 0
    for (const { itemIds, occurredAtMs, context, userId } of requests) {
      const user = viewOf(plan.user(userId), 'user', occurredAtMs)
      const items = itemIds.map((itemId) => viewOf(plan.item(itemId), 'item', occurredAtMs))
      vectorise(featureSet, { user, items, context: contextValues(featureSet, context) }, vectors, flags, row)
      userOffsets.push(user.state?.lastOffset ?? -1)
      for (const item of items) {
        itemOffsets.push(item.state?.lastOffset ?? -1)
        if (user.stale || item.stale) staleRows++
      }
      row += items.length
    }
    if (staleRows > 0) signals.count(SIGNALS.rowsStale, {}, staleRows)
    return { vectors, flags, userOffsets, itemOffsets }
  }

  return {
    featureSet,
    async read(requests) {
      const startedMs = clock.nowMs()
      const answered = await answer(requests)
      signals.observe(SIGNALS.readMs, clock.nowMs() - startedMs)
      signals.count(SIGNALS.readsAnswered, { answer: answered.kind })
      return answered
    },
  }
}

function once<T>(known: Map<number, T>, place: number, make: () => T): T {
  let value = known.get(place)
  if (value === undefined) known.set(place, (value = make()))
  return value
}
