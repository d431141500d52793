import { expect, it } from 'vitest'
import { compileFeatureSet } from '../feature-set.ts'
import { featureStoreConfigSchema } from '../config.ts'
import { createLru } from '../lru.ts'
import { EntityState } from '../state/entity-state.ts'
import { createMishapStore } from '../testing/mishap-store.ts'
import type { OwnedPartition } from './owned-partition.ts'
import { loadTouched } from './touched-states.ts'

const layout = compileFeatureSet(featureStoreConfigSchema.parse({})).layouts.user
const store = createMishapStore()

function ownedWith(ids: readonly string[], statesCachedMax: number): OwnedPartition<EntityState> {
  const states = createLru<string, EntityState>(statesCachedMax)
  for (const id of ids) states.set(id, new EntityState(layout))
  return {
    partition: 0,
    tag: '{interactions.0}:01234567',
    storeId: 's',
    epoch: 1,
    position: 0,
    rebuildUntilOffset: 0,
    sourceHighs: new Map(),
    streamTimeMs: -1,
    activity: null,
    states,
    slices: 0,
  }
}

it('gives one state per entity, each once among the changed, however often it is asked for', async () => {
  const states = await loadTouched({ store, layoutOf: () => layout }, ownedWith(['a'], 10), [
    'a',
    'new',
    'a',
    'new',
  ])
  expect([0, 1, 2, 3].map((n) => states.touch(n))).toEqual([0, 1, 0, 1].map((n) => states.touch(n)))
  expect(states.touch(0)).toBe(states.touch(2))
  expect(states.touch(1)).toBe(states.touch(3))
  expect(states.changed.map(([id]) => id)).toEqual(['a', 'new'])
  expect(states.uncached).toEqual([['new', states.touch(1)]])
})

// The cache makes room while a slice is loaded: had an entity two states then, one would forget what the other got.
it('gives one state per entity when a slice holds more entities than the cache', async () => {
  const ids = Array.from({ length: 8 }, (_, n) => `u${String(n)}`)
  const states = await loadTouched({ store, layoutOf: () => layout }, ownedWith(ids, 8), [...ids, ...ids])
  for (const [n] of ids.entries()) expect(states.touch(n)).toBe(states.touch(n + ids.length))
  expect(states.changed).toHaveLength(ids.length)
})
