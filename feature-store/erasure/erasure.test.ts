import { afterEach, expect, it } from 'vitest'
import { createErasureBook, streamsConfigSchema } from '#streams'
import { createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { featureStoreConfigSchema } from '../config.ts'
import { DEFAULT_FEATURES } from '../default-features.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { startFeatureStore } from '../feature-store.ts'
import { smoothedRate } from '../kinds/index.ts'
import { compareStore } from '../replay/compare-store.ts'
import { decodeState } from '../state/blob.ts'
import type { StateLayout } from '../state/layout.ts'
import { partitionTag } from '../state-store.ts'
import { createMishapStore, type MishapStore } from '../testing/mishap-store.ts'
import { replayOf } from '../testing/replay-driver.ts'
import { produceTraffic } from '../testing/traffic.ts'

const ofFeed = smoothedRate({ entity: 'item', of: ['like'], per: ['view'], strength: 9, halfLifeMinutes: 5 })
const config = featureStoreConfigSchema.parse({
  features: [...DEFAULT_FEATURES, ofFeed],
  limits: { applyRecordsMax: 7, statesCachedMax: 100 },
})
const featureSet = compileFeatureSet(config)
const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

const driverOf = (seed: number) =>
  createTopologyTestDriver({ seed, config: streamsConfigSchema.parse({ limits: { batchRecordsMax: 40 } }) })

async function start(driver: TopologyTestDriver, store: MishapStore) {
  const running = await startFeatureStore(driver, { config, store })
  stops.push(running.stop)
}

it('forgets a user and an item at their tombstones, live and in a replay, and counts anew what comes later', async () => {
  const driver = await driverOf(10)
  const store = createMishapStore()
  await start(driver, store)
  const more = (from: number) => {
    produceTraffic(driver, { seed: 10 + from, from, interactions: 300 })
    return driver.settle()
  }
  const stateOf = async (topic: 'interactions' | 'itemInteractions', layout: StateLayout, id: string) => {
    const tag = partitionTag(driver.topicName(topic), driver.partitionOf(topic, id), layout.id)
    const [blob] = (await store.read({ fences: [], blobs: [{ tag, id }] })).blobs
    return blob ? decodeState(layout, blob) : null
  }
  await more(0)
  expect((await stateOf('interactions', featureSet.layouts.user, 'u3'))!.applied).toBeGreaterThan(5)
  driver.produce('interactions', 'u3', null)
  driver.produce('itemInteractions', 'i7', null, driver.partitionOf('itemInteractions', 'i7'))
  await driver.settle()
  expect(await stateOf('interactions', featureSet.layouts.user, 'u3')).toBeNull()
  expect(await stateOf('itemInteractions', featureSet.layouts.item, 'i7')).toBeNull()
  await more(300)
  const replay = replayOf(driver, featureSet)
  const back = (await stateOf('interactions', featureSet.layouts.user, 'u3'))!
  expect(back.applied).toBe(replay.expectedApplied('user', 'u3'))
  expect(back.applied).toBeGreaterThan(5)
  const compared = await compareStore(replay, store, (topic) => driver.partitionCount(topic))
  for (const comparison of Object.values(compared))
    expect(comparison).toMatchObject({ different: 0, firstDifference: null })
  // From offset 0 again, and whatever the batches: the same bytes.
  const again = createMishapStore()
  await Promise.all(stops.splice(0).map((stop) => stop()))
  await start(driver, again)
  await driver.settle()
  for (const comparison of Object.values(
    await compareStore(replay, again, (topic) => driver.partitionCount(topic)),
  ))
    expect(comparison).toMatchObject({ different: 0, firstDifference: null })
})

it('writes nothing of whom an erasure ahead ends, and counts the same', async () => {
  const driver = await driverOf(11)
  produceTraffic(driver, { seed: 11, interactions: 400 })
  driver.produce('interactions', 'u3', null)
  const partition = driver.partitionOf('interactions', 'u3')
  const { endOffset } = await driver.offsets('interactions', partition)
  const book = createErasureBook()
  book.add({
    ...{ entity: 'user', id: 'u3', erasureId: 'e', askedBy: 'command', askedAtMs: 0 },
    upTo: [{ topic: driver.topicName('interactions'), partition, offset: endOffset }],
  })
  const store = createMishapStore()
  const written = new Set<string>()
  const { apply } = store
  store.apply = (request) => {
    for (const { id } of request.writes) if (request.tag.startsWith('{interactions.')) written.add(id)
    return apply(request)
  }
  const running = await startFeatureStore(driver, { config, store, erasures: book })
  stops.push(running.stop)
  await driver.settle()
  expect(written.has('u3')).toBe(false)
  expect(written.size).toBeGreaterThan(10)
  const compared = await compareStore(replayOf(driver, featureSet), store, (topic) =>
    driver.partitionCount(topic),
  )
  for (const comparison of Object.values(compared))
    expect(comparison).toMatchObject({ different: 0, firstDifference: null })
})
