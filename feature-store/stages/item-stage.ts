import type { StageName } from '#schemas'
import type { Runtime } from '#streams'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { SIGNALS } from '../signals.ts'
import { encodeState } from '../state/blob.ts'
import type { EntityState } from '../state/entity-state.ts'
import { fold } from '../state/fold.ts'
import type { StateStore } from '../state-store.ts'
import { freshCopies } from './fresh-copies.ts'
import { createFencedStage, type FencedStage } from './fenced-stage.ts'
import type { RecordSteps } from './record-steps.ts'
import { loadTouched } from './touched-states.ts'

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
    name: 'features-item' satisfies StageName,
    topic: 'itemInteractions',
    layoutId: layout.id,
    runtime,
    store,
    steps: { itemInteractions: parts.steps.itemInteractions },
    statesCachedMax: limits.statesCachedMax,
    applyRecordsMax: limits.applyRecordsMax,
    interactionsOf: ({ value }) => (value === null ? 0 : copiesIn(value)),
    encode: (state) => encodeState(layout, state),
    async foldSlice(owned, records) {
      const { items, dropped } = freshCopies(records, owned.sourceHighs)
      if (dropped > 0) runtime.signals.count(SIGNALS.copiesDropped, {}, dropped)
      const ids = items.map(({ itemId }) => itemId)
      const states = await loadTouched({ store, layoutOf: () => layout }, owned, ids)
      let streamTimeMs = -1
      for (let n = 0; n < items.length; n++) {
        const { types, offset, copies, details } = items[n]!
        const state = states.touch(n)
        for (const { typeIndex, occurredAtMs, sourceOffset } of copies) {
          const told = details?.get(sourceOffset)
          fold(layout, state, types[typeIndex]!, occurredAtMs, offset, undefined, told)
          if (occurredAtMs > streamTimeMs) streamTimeMs = occurredAtMs
        }
      }
      const { changed, uncached } = states
      return { kind: 'changed', states: changed, uncached, deletes: [], streamTimeMs }
    },
  })
}

function copiesIn({ items }: { items: readonly { copies: readonly unknown[] }[] }): number {
  let count = 0
  for (const { copies } of items) count += copies.length
  return count
}
