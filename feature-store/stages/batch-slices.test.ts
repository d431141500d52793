import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { streamsConfigSchema } from '#streams'
import { createTopologyTestDriver } from '#streams/testing'
import { featureStoreConfigSchema } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { startFeatureStore } from '../feature-store.ts'
import { partitionTag } from '../state-store.ts'
import { createMishapStore } from '../testing/mishap-store.ts'
import { produceTraffic } from '../testing/traffic.ts'

/** More than the smallest cache holds, so that states are put down and taken up again. */
const USERS = 150
const STATES_CACHED_MIN = 100
const INTERACTIONS = 250

interface Cuts {
  /** Of the scheduler: which partition is read next, and how much of it. */
  seed: number
  batchRecordsMax: number
  applyRecordsMax: number
  statesCachedMax: number
}

/** Every user state, by id, after the same log was read in batches and slices of these sizes. */
async function userStates({ seed, batchRecordsMax, ...limits }: Cuts): Promise<Map<string, string>> {
  const driver = await createTopologyTestDriver({
    seed,
    config: streamsConfigSchema.parse({ kafka: { partitions: 1 }, limits: { batchRecordsMax } }),
  })
  const config = featureStoreConfigSchema.parse({ limits })
  const store = createMishapStore()
  produceTraffic(driver, { seed: 1, users: USERS, items: 8, interactions: INTERACTIONS })
  const running = await driver.settleUntil(startFeatureStore(driver, { config, store }))
  await driver.settle()
  await running.stop()
  const states = new Map<string, string>()
  const { id: layoutId } = compileFeatureSet(config).layouts.user
  for (let partition = 0; partition < driver.partitionCount('interactions'); partition++) {
    const tag = partitionTag(driver.topicName('interactions'), partition, layoutId)
    for await (const { id, blob } of store.scan(tag)) states.set(id, blob.toString('hex'))
  }
  return states
}

describe('a batch', () => {
  it('comes to the same bytes wherever it is cut: in fetches, in slices, with states put down between', async () => {
    const whole = await userStates({
      seed: 0,
      batchRecordsMax: 10_000,
      applyRecordsMax: 10_000,
      statesCachedMax: 10_000,
    })
    expect(whole.size).toBeGreaterThan(STATES_CACHED_MIN)
    const cuts = fc.record({
      seed: fc.nat(),
      batchRecordsMax: fc.integer({ min: 1, max: 60 }),
      applyRecordsMax: fc.integer({ min: 1, max: 60 }),
      statesCachedMax: fc.constantFrom(STATES_CACHED_MIN, 10_000),
    })
    await fc.assert(
      fc.asyncProperty(cuts, async (cut) => {
        expect(await userStates(cut)).toEqual(whole)
      }),
      { numRuns: 4, seed: 5 },
    )
  })
})
