import { afterEach, describe, expect, it } from 'vitest'
import { streamsConfigSchema } from '#streams'
import { createTopologyTestDriver } from '#streams/testing'
import { featureStoreConfigSchema } from './config.ts'
import { compileFeatureSet } from './feature-set.ts'
import { startFeatureStore } from './feature-store.ts'
import { compareStore } from './replay/compare-store.ts'
import { createMishapStore } from './testing/mishap-store.ts'
import { replayOf } from './testing/replay-driver.ts'

const START_MS = 1_700_000_000_000

let stops: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()))
  stops = []
})

/** A feed that is told of these interaction ids, one after the other; batches are cut anywhere. */
async function told(ids: readonly string[], window: number) {
  const config = featureStoreConfigSchema.parse({ deduplicate: { window }, limits: { applyRecordsMax: 3 } })
  const featureSet = compileFeatureSet(config)
  const driver = await createTopologyTestDriver({
    seed: 5,
    config: streamsConfigSchema.parse({ limits: { batchRecordsMax: 4 } }),
  })
  const store = createMishapStore()
  stops.push((await startFeatureStore(driver, { config, store })).stop)
  for (const [n, interactionId] of ids.entries()) {
    const occurredAtMs = START_MS + n * 1_000
    const value = { interactionId, userId: 'u1', itemId: 'i1', type: 'click', occurredAtMs }
    driver.produce('interactions', 'u1', { ...value, requestId: null, position: null, value: null })
  }
  await driver.settle()
  const replay = replayOf(driver, featureSet)
  const compared = await compareStore(replay, store, (topic) => driver.partitionCount(topic))
  for (const entity of ['user', 'item'] as const)
    expect(compared[entity]).toMatchObject({ different: 0, lost: 0, duplicates: 0 })
  expect(replay.counts().copiesMissing).toBe(0)
  return { users: compared.user.applied, items: compared.item.applied, repeated: replay.counts().repeated }
}

describe('an interaction id that comes again', () => {
  it('counts once for user and item, and a replay agrees', async () => {
    expect(await told(['a', 'a', 'b', 'a', 'b', 'c'], 32)).toEqual({ users: 3, items: 3, repeated: 3 })
  })
  it('is known for as many interactions as the window says, and one less', async () => {
    expect(await told(['a', 'b', 'a'], 2)).toMatchObject({ users: 2, repeated: 1 })
    expect(await told(['a', 'b', 'c', 'a'], 2)).toMatchObject({ users: 4, repeated: 0 })
  })
  it('counts each time when it is switched off', async () => {
    expect(await told(['a', 'a', 'a'], 0)).toEqual({ users: 3, items: 3, repeated: 0 })
  })
})
