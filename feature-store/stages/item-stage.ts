import type { StageName } from '#schemas'
import { type Erasures, NO_ERASURES, rightTombstone, type Runtime } from '#streams'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { SIGNALS } from '../signals.ts'
import { encodeState } from '../state/blob.ts'
import type { EntityState } from '../state/entity-state.ts'
import { renewExpired } from '../state/expiry.ts'
import { fold } from '../state/fold.ts'
import type { StateStore } from '../state-store.ts'
import { freshCopies } from './fresh-copies.ts'
import { createFencedStage, type FencedStage } from './fenced-stage.ts'
import { countedActivity, type EntityRoom } from './partition-activity.ts'
import type { RecordSteps } from './record-steps.ts'
import { loadTouched, withoutErased } from './touched-states.ts'

/**
 * Folds items from the re-keyed copies. A copy whose source offset is not above the highest applied one of its
 * source partition is a retry and dropped: every writer of copies writes a source partition's in order, so
 * whatever is below was applied. A tombstone, keyed by the item, ends what was known of it.
 */
export function createItemStage(parts: {
  runtime: Runtime
  store: StateStore
  featureSet: CompiledFeatureSet
  steps: RecordSteps
  /** Items whose tombstone lies ahead: nothing of them is written on the way there. */
  erasures?: Erasures
  /** Who removes the states of those that had to make room. */
  room?: EntityRoom
}): FencedStage<'itemInteractions'> {
  const { runtime, store, featureSet, erasures = NO_ERASURES } = parts
  const { limits } = featureSet.config
  const layout = featureSet.layouts.item
  const topicName = runtime.topicName('itemInteractions')
  return createFencedStage<'itemInteractions', EntityState>({
    name: 'features-item' satisfies StageName,
    topic: 'itemInteractions',
    layoutId: layout.id,
    runtime,
    store,
    steps: { itemInteractions: parts.steps.itemInteractions },
    tombstones: {
      itemInteractions: rightTombstone('itemId', (key) => runtime.partitionOf('itemInteractions', key)),
    },
    statesCachedMax: limits.statesCachedMax,
    applyRecordsMax: limits.applyRecordsMax,
    interactionsOf: ({ value }) => (value === null ? 0 : copiesIn(value)),
    activity: countedActivity('item-interactions', parts),
    encode: (state) => encodeState(layout, state),
    async foldSlice(owned, records) {
      const { items, dropped } = freshCopies(records, owned.sourceHighs)
      if (dropped > 0) runtime.signals.count(SIGNALS.copiesDropped, {}, dropped)
      const ids = items.map(({ itemId }) => itemId)
      const states = await loadTouched({ store, layoutOf: () => layout }, owned, ids)
      let streamTimeMs = -1
      for (let n = 0; n < items.length; n++) {
        const { types, offset, copies, details, isErased } = items[n]!
        const state = states.touch(n)
        if (isErased === true) state.reset(layout)
        for (const { typeIndex, occurredAtMs, sourceOffset } of copies) {
          const told = details?.get(sourceOffset)
          const beforeMs = renewExpired(layout, state, occurredAtMs, owned.activity?.horizonMs)
          fold(layout, state, types[typeIndex]!, occurredAtMs, offset, undefined, told)
          owned.activity?.moved(beforeMs, state.asOfMs)
          if (occurredAtMs > streamTimeMs) streamTimeMs = occurredAtMs
        }
      }
      const upTo = (id: string) => erasures.upTo('item', id, { topic: topicName, partition: owned.partition })
      return { kind: 'changed', ...withoutErased(states, upTo), streamTimeMs }
    },
  })
}

function copiesIn({ items }: { items: readonly { copies: readonly unknown[] }[] }): number {
  let count = 0
  for (const { copies } of items) count += copies.length
  return count
}
