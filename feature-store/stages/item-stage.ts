import type { Runtime } from '#streams'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { SIGNALS } from '../signals.ts'
import { decodeState, encodeState } from '../state/blob.ts'
import { emptyState, type EntityState } from '../state/entity-state.ts'
import { fold } from '../state/fold.ts'
import type { StateStore } from '../state-store.ts'
import { createFencedStage, type FencedStage } from './fenced-stage.ts'
import { loadStates } from './load-states.ts'
import type { RecordSteps } from './record-steps.ts'

/**
 * Folds items from the re-keyed copies. A copy whose source offset is not above the highest applied one of its
 * source partition is a retry and dropped: every writer of copies writes a source partition's in order, so
 * whatever is below was applied.
 */
export function createItemStage(parts: {
  runtime: Runtime
  store: StateStore
  featureSet: CompiledFeatureSet
  steps: RecordSteps
}): FencedStage<'itemInteractions'> {
  const { runtime, store, featureSet } = parts
  const { limits } = featureSet.config
  const layout = featureSet.layouts.item
  return createFencedStage<'itemInteractions', EntityState>({
    name: 'features-item',
    topic: 'itemInteractions',
    layoutId: layout.id,
    runtime,
    store,
    steps: { itemInteractions: parts.steps.itemInteractions },
    statesCachedMax: limits.statesCachedMax,
    applyRecordsMax: limits.applyRecordsMax,
    encode: (state) => encodeState(layout, state),
    async foldSlice(owned, records) {
      const fresh = records.filter(({ value }) => {
        if (value === null || value.sourceOffset <= (owned.sourceHighs.get(value.sourcePartition) ?? -1))
          return false
        owned.sourceHighs.set(value.sourcePartition, value.sourceOffset)
        return true
      })
      if (fresh.length < records.length)
        runtime.signals.count(SIGNALS.copiesDropped, {}, records.length - fresh.length)
      const ids = new Set(fresh.map(({ value }) => value!.itemId))
      const states = await loadStates(store, owned, ids, (blob) => decodeState(layout, blob))
      let streamTimeMs = -1
      for (const { value, offset } of fresh) {
        const { itemId, type, occurredAtMs } = value!
        let state = states.get(itemId)
        if (state === undefined) states.set(itemId, (state = emptyState(layout)))
        fold(layout, state, { type, occurredAtMs, offset })
        streamTimeMs = Math.max(streamTimeMs, occurredAtMs)
      }
      return { kind: 'changed', states, deletes: [], streamTimeMs }
    },
  })
}
