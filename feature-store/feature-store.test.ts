import { afterEach, describe, expect, it } from 'vitest'
import { stagesOf } from '#schemas'
import { createChance } from '#schemas/testing'
import { streamsConfigSchema } from '#streams'
import { createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { decodeAttributes } from './attributes/attributes-blob.ts'
import { featureStoreConfigSchema } from './config.ts'
import { DEFAULT_FEATURES } from './default-features.ts'
import { compileFeatureSet } from './feature-set.ts'
import { startFeatureStore } from './feature-store.ts'
import { smoothedRate } from './kinds/index.ts'
import { compareStore } from './replay/compare-store.ts'
import { partitionTag } from './state-store.ts'
import { createMishapStore, type MishapStore } from './testing/mishap-store.ts'
import { recordSteps } from './stages/record-steps.ts'
import { createUserStage } from './stages/user-stage.ts'
import { replayOf } from './testing/replay-driver.ts'
import { STATEFUL_FEATURES } from './testing/stateful-features.ts'
import { produceTraffic } from './testing/traffic.ts'

const ofFeed = smoothedRate({ entity: 'item', of: ['like'], per: ['view'], strength: 9, halfLifeMinutes: 5 })
const config = featureStoreConfigSchema.parse({
  features: [...DEFAULT_FEATURES, ofFeed, ...STATEFUL_FEATURES],
  limits: { applyRecordsMax: 7, statesCachedMax: 100 },
})
const featureSet = compileFeatureSet(config)
const STAGES = stagesOf('features')

let stops: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()))
  stops = []
})

async function driverOf(seed: number) {
  return createTopologyTestDriver({
    seed,
    config: streamsConfigSchema.parse({ limits: { batchRecordsMax: 40 } }),
  })
}

async function start(driver: TopologyTestDriver, store: MishapStore) {
  const running = await startFeatureStore(driver, { config, store })
  stops.push(running.stop)
  return running
}

/** The store holds what the logs say, byte for byte, everything once. */
async function expectExact(driver: TopologyTestDriver, store: MishapStore, interactions: number) {
  const replay = replayOf(driver, featureSet)
  expect(replay.counts()).toMatchObject({ interactions, copies: interactions, copiesMissing: 0 })
  const compared = await compareStore(replay, store, (topic) => driver.partitionCount(topic))
  for (const entity of ['user', 'item', 'feed'] as const) {
    expect(compared[entity]).toMatchObject({
      expected: interactions,
      applied: interactions,
      lost: 0,
      duplicates: 0,
    })
  }
  for (const [entity, comparison] of Object.entries(compared)) {
    expect(comparison).toMatchObject({ different: 0, firstDifference: null })
    if (entity === 'feed') expect(comparison.entities).toBe(driver.partitionCount('interactions'))
    else expect(comparison.entities).toBeGreaterThan(10)
  }
  return replay
}

describe('feature store', () => {
  it('applies everything once, equal to a replay of the logs byte for byte', async () => {
    const driver = await driverOf(1)
    const store = createMishapStore()
    await start(driver, store)
    produceTraffic(driver, { seed: 1, interactions: 1_500 })
    await driver.settle()
    const replay = await expectExact(driver, store, 1_500)
    expect(replay.counts()).toMatchObject({ refused: 0, copyDuplicates: 0 })
  })

  it('comes to the same bytes when interactions wait in the log before the items are known', async () => {
    const driver = await driverOf(2)
    const store = createMishapStore()
    produceTraffic(driver, { seed: 2, interactions: 500 })
    await start(driver, store)
    await driver.settle()
    await expectExact(driver, store, 500)
  })

  it.each([3, 4, 5, 6, 7, 8])(
    'survives crashes, lost answers, duplicates and rebalances (seed %i)',
    async (seed) => {
      const driver = await driverOf(seed)
      const store = createMishapStore()
      const random = createChance(seed)
      const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!
      driver.duplicate(0.05)
      await start(driver, store)
      let produced = 0
      for (let round = 0; round < 25; round++) {
        produceTraffic(driver, { seed: seed * 100 + round, from: produced, interactions: 60 })
        produced += 60
        for (let steps = Math.floor(random() * 30); steps > 0; steps--) await driver.step()
        const mishap = Math.floor(random() * 6)
        if (mishap === 0) await driver.rebalance(pick(STAGES))
        if (mishap === 1) store.loseAnswers(1)
        if (mishap === 2) driver.crashNext(pick(STAGES), pick(['flush', 'commit'] as const))
        if (mishap === 3) await driver.crash(pick(STAGES))
        for (let steps = 0; steps < 10; steps++) await driver.step()
        // What died is started again, beside what lives; a second owner takes partitions over.
        if (mishap > 0 && mishap < 4) await restart(driver, store)
      }
      await driver.settle()
      await restart(driver, store)
      await driver.settle()
      await expectExact(driver, store, produced)
    },
  )

  async function restart(driver: TopologyTestDriver, store: MishapStore) {
    await Promise.all(stops.map((stop) => stop()))
    stops = []
    await start(driver, store)
  }

  it('rebuilds from the log when Redis lost everything in the middle of a run', async () => {
    const driver = await driverOf(9)
    const store = createMishapStore()
    await start(driver, store)
    produceTraffic(driver, { seed: 9, interactions: 400 })
    for (let steps = 0; steps < 40; steps++) await driver.step()
    store.flush()
    produceTraffic(driver, { seed: 10, from: 400, interactions: 300 })
    await driver.settle()
    await expectExact(driver, store, 700)
  })

  it('rebuilds when the fences were deleted and the states left behind', async () => {
    const driver = await driverOf(11)
    const store = createMishapStore()
    await start(driver, store)
    produceTraffic(driver, { seed: 11, interactions: 300 })
    for (let steps = 0; steps < 40; steps++) await driver.step()
    store.loseFences()
    await driver.settle()
    await expectExact(driver, store, 300)
  })

  it('goes back when Redis came back older', async () => {
    const driver = await driverOf(12)
    const store = createMishapStore()
    await start(driver, store)
    produceTraffic(driver, { seed: 12, interactions: 300 })
    await driver.settle()
    const older = store.snapshot()
    produceTraffic(driver, { seed: 13, from: 300, interactions: 300 })
    await driver.settle()
    store.restore(older)
    await driver.settle()
    await expectExact(driver, store, 600)
    produceTraffic(driver, { seed: 14, from: 600, interactions: 200 })
    await driver.settle()
    await expectExact(driver, store, 800)
  })

  it('dead-letters what it cannot use, and the rest goes on', async () => {
    const driver = await driverOf(15)
    const store = createMishapStore()
    await start(driver, store)
    const interaction = {
      interactionId: 'x',
      userId: 'u1',
      itemId: 'i1',
      type: 'view',
      occurredAtMs: 1_690_000_000_000,
      requestId: null,
      position: null,
      value: null,
    }
    const produce = (changes: Partial<typeof interaction>, partition?: number) => {
      const value = { ...interaction, ...changes }
      driver.produce('interactions', value.userId, value, partition)
    }
    produce({ type: 'stare' })
    produce({ itemId: '' })
    produce({ userId: 'u'.repeat(257) })
    produce({ userId: 'u'.repeat(256) })
    produce({ occurredAtMs: 0 })
    produce({ occurredAtMs: driver.clock.nowMs() + 200_000_000 })
    produce({}, (driver.partitionOf('interactions', 'u1') + 1) % 4)
    const bytes = driver.codec.encode('interactions', interaction)
    const rightPlace = driver.partitionOf('interactions', 'u1')
    driver.produceBytes('interactions', { key: Buffer.from('i1'), value: bytes, partition: rightPlace })
    driver.produceBytes('interactions', { key: null, value: bytes, partition: rightPlace })
    driver.produceBytes('interactions', { key: Buffer.from('u1'), value: Buffer.from([0, 0, 0, 0, 1, 255]) })
    produce({})
    await driver.settle()
    const reasons = driver.records('deadLetters').map(({ value }) => value!.reason)
    expect(reasons.sort()).toEqual([
      'absurd_time',
      'empty_id',
      'far_future',
      'long_id',
      'undecodable',
      'unknown_type',
      'wrong_key',
      'wrong_key',
      'wrong_partition',
    ])
    expect(copiesOf(driver)).toEqual(['i1', 'i1'])
  })

  it('goes on without attributes that make no progress, and says so', async () => {
    const driver = await driverOf(17)
    const store = createMishapStore()
    produceTraffic(driver, { seed: 17, interactions: 50 })
    const steps = recordSteps({
      config,
      futureSkewSecondsMax: 300,
      farFutureSecondsMax: 86_400,
      partitionOf: driver.partitionOf,
    })
    const stage = createUserStage({ runtime: driver, store, featureSet, steps })
    const running = await driver.runStage(stage)
    stops.push(running.stop)
    const startedMs = driver.clock.nowMs()
    await driver.settle()
    expect(driver.clock.nowMs() - startedMs).toBeGreaterThan(30_000)
    expect(copiesOf(driver)).toHaveLength(50)
  })

  it('finds one changed byte in the store', async () => {
    const driver = await driverOf(18)
    const store = createMishapStore()
    await start(driver, store)
    produceTraffic(driver, { seed: 18, interactions: 300 })
    await driver.settle()
    store.tamper((id, blob) => (id === 'i7' ? lastByteChanged(blob) : blob))
    const compared = await compareStore(replayOf(driver, featureSet), store, (topic) =>
      driver.partitionCount(topic),
    )
    expect(compared.item).toMatchObject({ different: 1, firstDifference: { id: 'i7' } })
    expect(compared.itemAttributes).toMatchObject({ different: 1, firstDifference: { id: 'i7' } })
    expect(compared.user.different).toBe(0)
  })

  it('erases the attributes of a tombstone', async () => {
    const driver = await driverOf(16)
    const store = createMishapStore()
    await start(driver, store)
    produceTraffic(driver, { seed: 16, interactions: 50 })
    driver.produce('users', 'u3', null)
    await driver.settle()
    const replay = replayOf(driver, featureSet)
    const compared = await compareStore(replay, store, (topic) => driver.partitionCount(topic))
    expect(compared.userAttributes).toMatchObject({ entities: 19, different: 0 })
  })

  it('folds interactions with an erased item as before, by who had it cached and by who starts anew', async () => {
    const driver = await driverOf(17)
    const store = createMishapStore()
    await start(driver, store)
    produceTraffic(driver, { seed: 17, interactions: 200 })
    await driver.settle()
    for (const { value } of driver.records('items')) driver.produce('items', value!.itemId, null)
    await driver.settle()
    const layout = featureSet.layouts.itemAttributes
    const versions: number[] = []
    for (let partition = 0; partition < driver.partitionCount('items'); partition++) {
      const tag = partitionTag(driver.topicName('items'), partition, layout.id)
      for await (const { blob } of store.scan(tag))
        versions.push(decodeAttributes(layout, blob).versions.length)
    }
    expect(versions).toEqual(Array.from({ length: 30 }, () => 0))
    produceTraffic(driver, { seed: 18, from: 200, interactions: 200 })
    await driver.settle()
    await restart(driver, store)
    produceTraffic(driver, { seed: 19, from: 400, interactions: 200 })
    await driver.settle()
    await expectExact(driver, store, 600)
  })
})

function lastByteChanged(blob: Buffer): Buffer {
  const changed = Buffer.from(blob)
  changed[changed.length - 1]! ^= 1
  return changed
}

/** The item of every re-keyed copy. */
function copiesOf(driver: TopologyTestDriver): string[] {
  return driver
    .records('itemInteractions')
    .flatMap(({ value }) => value!.items.flatMap(({ itemId, copies }) => copies.map(() => itemId)))
}
