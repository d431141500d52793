import type { StageName } from '#schemas'
import { rightTombstone, type Runtime, type Stage } from '#streams'
import { createAttributeWatch } from '../attributes/attribute-watch.ts'
import { decodeAttributes, encodeAttributes } from '../attributes/attributes-blob.ts'
import { eraseAttributes, foldAttributes, type AttributesState } from '../attributes/attributes-state.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import type { StateStore } from '../state-store.ts'
import { createFencedStage, type FencedStage } from './fenced-stage.ts'
import { loadStates } from './load-states.ts'
import type { RecordSteps } from './record-steps.ts'

/** Told of the tombstones of a slice before it is written, perhaps more than once. */
export type Tombstoned = (
  entity: 'user' | 'item',
  partition: number,
  tombstones: readonly { id: string; offset: number }[],
) => Promise<void>

export interface AttributesStageParts {
  runtime: Runtime
  store: StateStore
  featureSet: CompiledFeatureSet
  steps: RecordSteps
  /** Left out in a replay: the live service was told. */
  tombstoned?: Tombstoned
}

/** Keeps the attributes of users or of items. A tombstone erases all but what folds look up. */
export function createAttributesStage<K extends 'users' | 'items'>(
  topic: K,
  parts: AttributesStageParts,
): FencedStage<K> {
  const { runtime, store, featureSet } = parts
  const { limits } = featureSet.config
  const layout = topic === 'users' ? featureSet.layouts.userAttributes : featureSet.layouts.itemAttributes
  const watch = createAttributeWatch(featureSet.config, topic === 'users' ? 'user' : 'item', runtime.signals)
  return createFencedStage<K, AttributesState>({
    name: (topic === 'users' ? 'features-user-attributes' : 'features-item-attributes') satisfies StageName,
    topic,
    layoutId: layout.id,
    runtime,
    store,
    steps: { [topic]: parts.steps[topic] } as unknown as NonNullable<Stage<K>['steps']>,
    tombstones: {
      [topic]: rightTombstone(topic === 'users' ? 'userId' : 'itemId', (key) =>
        runtime.partitionOf(topic, key),
      ),
    } as NonNullable<Stage<K>['tombstones']>,
    statesCachedMax: limits.statesCachedMax,
    applyRecordsMax: limits.applyRecordsMax,
    encode: (state) => encodeAttributes(layout, state),
    async foldSlice(owned, records) {
      const changes = records.flatMap(({ key, value, offset }) => {
        const id =
          value === null ? (key?.toString('utf8') ?? '') : 'userId' in value ? value.userId : value.itemId
        return id === '' ? [] : [{ id, value, offset }]
      })
      const ids = new Set(changes.map(({ id }) => id))
      const states = await loadStates(store, owned, ids, (blob) => decodeAttributes(layout, blob))
      const deletes = new Set<string>()
      const tombstones = changes.filter(({ value }) => value === null)
      if (tombstones.length > 0)
        await parts.tombstoned?.(topic === 'users' ? 'user' : 'item', owned.partition, tombstones)
      let streamTimeMs = -1
      for (const { id, value, offset } of changes) {
        if (value === null) {
          const left = eraseAttributes(layout, states.get(id) ?? null, offset)
          if (left !== null) states.set(id, left)
          else {
            states.delete(id)
            deletes.add(id)
          }
          continue
        }
        deletes.delete(id)
        const { occurredAtMs, attributes } = value
        watch(attributes)
        states.set(id, foldAttributes(layout, states.get(id) ?? null, { occurredAtMs, attributes, offset }))
        streamTimeMs = Math.max(streamTimeMs, occurredAtMs)
      }
      return { kind: 'changed', states, uncached: states, deletes: [...deletes], streamTimeMs }
    },
  })
}
