import { afterEach, expect, it } from 'vitest'
import { streamsConfigSchema } from '#streams'
import { createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { featureStoreConfigSchema } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { startFeatureStore } from '../feature-store.ts'
import { createFeatureReader } from '../reader.ts'
import { compareStore } from '../replay/compare-store.ts'
import { decodeActivity } from '../state/activity.ts'
import { lastHeardMs } from '../state/blob.ts'
import { FEED_ID } from '../state/feed-rates.ts'
import { partitionTag, type StateStore } from '../state-store.ts'
import { createMishapStore } from '../testing/mishap-store.ts'
import { replayOf } from '../testing/replay-driver.ts'
import { produceTraffic, TRAFFIC_START_MS } from '../testing/traffic.ts'
import { activityBounds, type ActivityTold } from './partition-activity.ts'

const ENTITIES_MAX = 100
const configOf = (applyRecordsMax: number, statesCachedMax: number) =>
  featureStoreConfigSchema.parse({ limits: { applyRecordsMax, statesCachedMax, entitiesMax: ENTITIES_MAX } })
const config = configOf(7, 100)
const featureSet = compileFeatureSet(config)
const { user, item } = featureSet.layouts
const stops: (() => Promise<void>)[] = []
const stopAll = () => Promise.all(stops.splice(0).map((stop) => stop()))
afterEach(stopAll)

const driverOf = (seed: number) =>
  createTopologyTestDriver({ seed, config: streamsConfigSchema.parse({ limits: { batchRecordsMax: 40 } }) })

async function start(driver: TopologyTestDriver, store: StateStore, given = config) {
  const told: ActivityTold[] = []
  const running = await startFeatureStore(driver, {
    ...{ config: given, store },
    room: { told: (one) => void told.push(one), hasRoom: () => Promise.resolve(true) },
  })
  stops.push(running.stop)
  return told
}

const traffic = (driver: TopologyTestDriver, from: number, interactions: number) => {
  produceTraffic(driver, { seed: 70 + from, users: 1_500, items: 1_200, from, interactions })
  return driver.settle()
}

function tagsOf(driver: TopologyTestDriver): string[] {
  const of = (topic: 'interactions' | 'itemInteractions', layoutId: string) =>
    Array.from({ length: driver.partitionCount(topic) }, (_, partition) =>
      partitionTag(driver.topicName(topic), partition, layoutId),
    )
  return [...of('interactions', user.id), ...of('itemInteractions', item.id)]
}

async function expectEqual(driver: TopologyTestDriver, store: StateStore) {
  const compared = await compareStore(replayOf(driver, featureSet), store, (topic) =>
    driver.partitionCount(topic),
  )
  for (const comparison of Object.values(compared))
    expect(comparison).toMatchObject({ different: 0, firstDifference: null })
  return compared
}

/** Ids of the states that are not over, by tag. */
async function present(driver: TopologyTestDriver, store: StateStore) {
  const found = new Map<string, string[]>()
  for (const tag of tagsOf(driver)) {
    const [fence] = await store.fences([tag])
    const ids: string[] = []
    for await (const { id, blob } of store.scan(tag))
      if (id !== FEED_ID && lastHeardMs(blob) >= (fence?.horizonMs ?? -1)) ids.push(id)
    found.set(tag, ids)
  }
  return found
}

it('keeps a stated number of users and items, the same ones live, restarted, rebuilt and in a replay', async () => {
  const driver = await driverOf(70)
  const store = createMishapStore()
  const first = await start(driver, store)
  await traffic(driver, 0, 900)
  await stopAll()
  const second = await start(driver, store)
  await traffic(driver, 900, 900)
  const there = await present(driver, store)
  for (const [tag, ids] of there) {
    const [fence] = await store.fences([tag])
    expect(fence!.horizonMs).toBeGreaterThan(TRAFFIC_START_MS)
    expect(ids.length).toBeLessThanOrEqual(ENTITIES_MAX)
    const activity = decodeActivity(activityBounds(config), (await store.activity(tag))!)
    expect([activity.entities, activity.horizonMs]).toEqual([ids.length, fence!.horizonMs])
  }
  expect([...first, ...second].reduce((sum, { dropped }) => sum + dropped, 0)).toBeGreaterThan(100)
  const compared = await expectEqual(driver, store)
  expect(compared.user.entities).toBe(
    [...there].slice(0, driver.partitionCount('interactions')).flatMap(([, ids]) => ids).length,
  )
  // From nothing, in other batches, with every state read again and again: the same bytes, and the same who made room.
  await stopAll()
  const again = createMishapStore()
  await start(driver, again, configOf(500, 100_000))
  await driver.settle()
  await expectEqual(driver, again)
  for (const tag of tagsOf(driver))
    expect((await again.activity(tag))!.equals((await store.activity(tag))!)).toBe(true)
})

it('reads of whom made room what is known of a stranger, and folds them as new', async () => {
  const driver = await driverOf(71)
  const store = createMishapStore()
  await start(driver, store)
  await traffic(driver, 0, 1_200)
  const there = new Set([...(await present(driver, store)).values()].flat())
  const reader = createFeatureReader({ runtime: driver, store, featureSet })
  const ids = new Set(driver.records('interactions').map(({ value }) => value!.userId))
  const gone = [...ids].find((id) => !there.has(id))!
  const segmentOf = (id: string) => Number(id.slice(1)) % 4
  const described = Array.from({ length: 1_500 }, (_, n) => `u${String(n)}`)
  const stranger = described.find((id) => !ids.has(id) && segmentOf(id) === segmentOf(gone))!
  const occurredAtMs = TRAFFIC_START_MS + 1_200 * 5_000
  const answer = await reader.read(
    [gone, stranger].map((userId) => ({ userId, itemIds: ['i1'], context: [], occurredAtMs })),
  )
  if (answer.kind !== 'vectors') throw new Error(answer.kind)
  const { vectors, userOffsets } = answer.vectors
  expect(userOffsets).toEqual([-1, -1])
  expect(vectors.slice(0, featureSet.width)).toEqual(vectors.slice(featureSet.width))
})

it('counts what a version that did not count has left, and goes on from there', async () => {
  const driver = await driverOf(72)
  const store = createMishapStore()
  await start(driver, store, featureStoreConfigSchema.parse({}))
  await traffic(driver, 0, 1_000)
  await stopAll()
  const { fences, blobs } = store.snapshot()
  store.restore({ fences, blobs })
  await start(driver, store)
  await traffic(driver, 1_000, 300)
  for (const ids of (await present(driver, store)).values()) {
    expect(ids.length).toBeLessThanOrEqual(ENTITIES_MAX)
    expect(ids.length).toBeGreaterThan(ENTITIES_MAX / 2)
  }
})
