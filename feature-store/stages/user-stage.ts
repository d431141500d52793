import type { Runtime } from '#streams'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { SIGNALS } from '../signals.ts'
import { decodeState, encodeState } from '../state/blob.ts'
import { emptyState, type EntityState } from '../state/entity-state.ts'
import { fold } from '../state/fold.ts'
import type { StateStore } from '../state-store.ts'
import { createFencedStage, type FencedStage } from './fenced-stage.ts'
import { createItemLookups } from './item-lookups.ts'
import { loadStates } from './load-states.ts'
import type { RecordSteps } from './record-steps.ts'

/**
 * Folds users from interactions and sends each interaction on, keyed by its item, with the place it came from.
 * The copies are acknowledged before the fence moves: a crash in between sends them again, and the item side
 * drops what it has.
 */
export function createUserStage(parts: {
  runtime: Runtime
  store: StateStore
  featureSet: CompiledFeatureSet
  steps: RecordSteps
}): FencedStage<'interactions'> {
  const { runtime, store, featureSet } = parts
  const { limits } = featureSet.config
  const layout = featureSet.layouts.user
  const lookups = createItemLookups(parts)

  return createFencedStage<'interactions', EntityState>({
    name: 'features-user',
    topic: 'interactions',
    layoutId: layout.id,
    runtime,
    store,
    steps: { interactions: parts.steps.interactions },
    statesCachedMax: limits.statesCachedMax,
    applyRecordsMax: limits.applyRecordsMax,
    encode: (state) => encodeState(layout, state),
    async foldSlice(owned, records, outputs) {
      const users = new Set<string>()
      const items = new Set<string>()
      for (const { value } of records) {
        if (value === null) continue
        users.add(value.userId)
        if (layout.touches.get(value.type)?.mapsTouched) items.add(value.itemId)
      }
      const [states, loaded] = await Promise.all([
        loadStates(store, owned, users, (blob) => decodeState(layout, blob)),
        lookups.load(items),
      ])
      if (loaded === 'put_off') {
        runtime.signals.count(SIGNALS.lookupsPutOff)
        return { kind: 'put_off' }
      }
      let streamTimeMs = -1
      for (const { value, offset, partition } of records) {
        if (value === null) continue
        const { userId, itemId, type, occurredAtMs } = value
        let state = states.get(userId)
        if (state === undefined) states.set(userId, (state = emptyState(layout)))
        const keys = layout.touches.get(type)?.mapsTouched ? loaded.keysAt(itemId, occurredAtMs) : undefined
        if (keys?.includes(null)) runtime.signals.count(SIGNALS.lookupsMissing)
        fold(layout, state, { type, occurredAtMs, offset }, keys)
        outputs.add('itemInteractions', {
          key: itemId,
          value: { ...value, sourcePartition: partition, sourceOffset: offset },
        })
        streamTimeMs = Math.max(streamTimeMs, occurredAtMs)
      }
      return { kind: 'changed', states, deletes: [], streamTimeMs }
    },
  })
}
