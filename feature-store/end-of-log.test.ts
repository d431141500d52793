import { afterEach, expect, it } from 'vitest'
import { streamsConfigSchema } from '#streams'
import { createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { featureStoreConfigSchema } from './config.ts'
import { compileFeatureSet } from './feature-set.ts'
import { startFeatureStore } from './feature-store.ts'
import { partitionTag } from './state-store.ts'
import { createMishapStore, type MishapStore } from './testing/mishap-store.ts'
import { produceTraffic } from './testing/traffic.ts'

const config = featureStoreConfigSchema.parse({ limits: { applyRecordsMax: 7, statesCachedMax: 100 } })
const { layouts } = compileFeatureSet(config)
const PLACES = [
  ['users', layouts.userAttributes.id],
  ['items', layouts.itemAttributes.id],
  ['interactions', layouts.user.id],
  ['itemInteractions', layouts.item.id],
] as const

let stop: (() => Promise<void>) | undefined
afterEach(() => stop?.())

/** Every log ends in a transaction that was taken back. */
function takeBack(driver: TopologyTestDriver): void {
  for (const [topic] of PLACES)
    for (let partition = 0; partition < 4; partition++) driver.takeBack(topic, partition)
}

async function expectFencesAtEnds(driver: TopologyTestDriver, store: MishapStore): Promise<void> {
  for (const [topic, layoutId] of PLACES) {
    for (let partition = 0; partition < 4; partition++) {
      const { endOffset } = await driver.offsets(topic, partition)
      const tag = partitionTag(driver.topicName(topic), partition, layoutId)
      const { fences } = await store.read({ fences: [tag], blobs: [] })
      expect(fences[0], `${topic} ${partition}`).toMatchObject({ nextOffset: endOffset })
    }
  }
}

it('a store is ready, and waits for no look-up, where logs end in what was taken back', async () => {
  const driver = await createTopologyTestDriver({
    seed: 19,
    config: streamsConfigSchema.parse({ limits: { batchRecordsMax: 40 } }),
  })
  const store = createMishapStore()
  produceTraffic(driver, { seed: 19, interactions: 100 })
  takeBack(driver)
  ;({ stop } = await startFeatureStore(driver, { config, store }))
  await driver.settle()
  await expectFencesAtEnds(driver, store)
  takeBack(driver)
  const startedMs = driver.clock.nowMs()
  produceTraffic(driver, { seed: 20, from: 100, interactions: 50 })
  await driver.settle()
  await expectFencesAtEnds(driver, store)
  expect(driver.clock.nowMs() - startedMs).toBeLessThan(10_000)
})
