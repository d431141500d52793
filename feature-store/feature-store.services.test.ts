import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, inject, it } from 'vitest'
import {
  applyTopics,
  catalogueOf,
  connectRuntime,
  createRedis,
  deleteTopics,
  type KafkaRuntime,
  readTopic,
  type RedisAddress,
  silentLogger,
  streamsConfigSchema,
} from '#streams'
import { until } from '#streams/testing'
import { openFeedStore } from './commands.ts'
import { featureStoreConfigSchema } from './config.ts'
import { DEFAULT_FEATURES } from './default-features.ts'
import { compileFeatureSet } from './feature-set.ts'
import { startFeatureStore } from './feature-store.ts'
import { smoothedRate } from './kinds/index.ts'
import { compareStore } from './replay/compare-store.ts'
import type { Replay } from './replay/replay.ts'
import { FEED_ID } from './state/feed-rates.ts'
import { partitionTag, type StateStore } from './state-store.ts'
import { decodeState } from './state/blob.ts'
import { emptyReplay, REPLAYED_TOPICS } from './testing/replay-driver.ts'
import { STATEFUL_FEATURES } from './testing/stateful-features.ts'
import { produceTraffic } from './testing/traffic.ts'

const stack = inject('stack')
const limits = { applyRecordsMax: 100 }
const ofFeed = smoothedRate({ entity: 'item', of: ['like'], per: ['view'], strength: 9, halfLifeMinutes: 5 })
const features = featureStoreConfigSchema.parse({
  features: [...DEFAULT_FEATURES, ofFeed, ...STATEFUL_FEATURES],
  limits,
})
const featureSet = compileFeatureSet(features)
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A feed of its own on the real services. */
async function feedOf() {
  const addresses = stack!
  const streams = streamsConfigSchema.parse({
    prefix: `h4-${randomUUID().slice(0, 8)}`,
    limits: { sessionTimeoutMs: 6_000 }, // a killed member's partitions are free after this
  })
  const catalogue = catalogueOf(streams)
  await applyTopics(addresses, Object.values(catalogue))
  const names = Object.values(catalogue).map(({ name }) => name)
  cleanups.push(() => deleteTopics(addresses, names))
  const connect = async (clientId: string, whenTopicChanged = streams.kafka.whenTopicChanged) => {
    const config = { ...streams, kafka: { ...streams.kafka, whenTopicChanged } }
    const runtime = await connectRuntime({ addresses, config, clientId, log: silentLogger })
    cleanups.push(() => runtime.close())
    return runtime
  }
  const store = await openFeedStore(addresses.redis, { prefix: streams.prefix, features })
  const forget = () => forgetNamespace(addresses.redis, streams.prefix)
  cleanups.push(async () => {
    await store.close()
    await forget()
  })
  const runtime = await connect('test')
  const outputs = await runtime.outputs('traffic')
  let produced = 0
  return {
    streams,
    runtime,
    store,
    connect,
    forget,
    /** Deletes them and makes them again, empty. */
    async makeAnew(...topics: ('interactions' | 'itemInteractions')[]) {
      const specs = topics.map((topic) => catalogue[topic])
      await deleteTopics(
        addresses,
        specs.map(({ name }) => name),
      )
      await applyTopics(addresses, specs)
    },
    /** Items and users are acknowledged before interactions speak of them. */
    async traffic(interactions: number) {
      produceTraffic(
        { produce: (topic, key, value) => outputs.add(topic, { key, value }) },
        { seed: produced + 1, from: produced, interactions, users: 50, items: 80 },
      )
      await outputs.flush()
      produced += interactions
    },
    produced: () => produced,
  }
}

async function forgetNamespace(address: RedisAddress, namespace: string): Promise<void> {
  const redis = createRedis(address)
  let cursor = '0'
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${namespace}:*`, 'COUNT', 1_000)
    cursor = next
    if (keys.length > 0) await redis.del(keys)
  } while (cursor !== '0')
  redis.disconnect()
}

async function replayTopics(runtime: KafkaRuntime): Promise<Replay> {
  const replay = emptyReplay(runtime, featureSet)
  for (const topic of REPLAYED_TOPICS) {
    for await (const raw of readTopic({ addresses: stack!, topicName: runtime.topicName(topic) })) {
      const value = raw.value === null ? null : runtime.codec.decode(topic, raw.value)
      replay.add(topic, { ...raw, value } as never)
    }
  }
  return replay
}

/** Waits until the store holds everything once, then compares byte for byte. */
async function expectExact(runtime: KafkaRuntime, store: StateStore, interactions: number) {
  const endMs = Date.now() + 90_000
  for (;;) {
    const replay = await replayTopics(runtime)
    const compared = await compareStore(replay, store, (topic) => runtime.partitionCount(topic))
    const { user, item, feed } = compared
    const rest = Object.values(compared).reduce((sum, { different }) => sum + different, 0)
    if ((rest > 0 || item.applied < interactions) && Date.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      continue
    }
    for (const entity of [user, item, feed]) {
      expect(entity).toMatchObject({ expected: interactions, applied: interactions, lost: 0, duplicates: 0 })
    }
    for (const comparison of Object.values(compared))
      expect(comparison).toMatchObject({ different: 0, firstDifference: null })
    return
  }
}

describe.skipIf(stack === null)('feature store on Kafka and Redis', () => {
  it('comes to the same bytes although owners change and Redis loses everything in the middle', async () => {
    const { runtime, store, connect, traffic, forget, produced } = await feedOf()
    const first = await startFeatureStore(await connect('first'), { config: features, store })
    cleanups.push(() => first.stop())
    await first.ready
    await traffic(2_000)
    const second = await startFeatureStore(await connect('second'), { config: features, store })
    cleanups.push(() => second.stop())
    await traffic(2_000)
    await second.ready
    await first.stop()
    await traffic(1_000)
    await forget()
    await traffic(1_000)
    await expectExact(runtime, store, produced())
  })

  it('refuses a topic that was made anew while it was stopped, until it is told to keep its state or to rebuild', async () => {
    const feed = await feedOf()
    const { runtime, store, traffic, makeAnew } = feed
    const start = async (whenTopicChanged?: 'keep' | 'rebuild') => {
      const running = await startFeatureStore(await feed.connect('features', whenTopicChanged), {
        config: features,
        store,
      })
      cleanups.push(() => running.stop())
      return running
    }
    const ends = async () =>
      Promise.all([0, 1, 2, 3].map(async (p) => (await runtime.offsets('interactions', p)).endOffset))
    const told = async (applied: number) => {
      await until(
        `${String(applied)} interactions in user states`,
        async () => (await appliedTo(feed)) >= applied,
      )
      expect(await appliedTo(feed)).toBe(applied)
    }

    const first = await start()
    await traffic(300)
    await told(300)
    const before = await ends()
    await first.stop()
    await makeAnew('interactions')
    await traffic(900)
    const after = await ends()
    for (const [partition, end] of after.entries()) expect(end).toBeGreaterThan(before[partition]!)

    const refused = await start()
    await expect(refused.done).rejects.toMatchObject({
      code: 'topic_changed',
      message: expect.stringMatching(/whenTopicChanged: rebuild .*forgets.* or keep .*goes on/) as string,
    })
    expect(await appliedTo(feed)).toBe(300)

    const keeping = await start('keep')
    const skipped = before.reduce((sum, end) => sum + end, 0)
    await told(300 + 900 - skipped)
    await keeping.stop()

    await makeAnew('interactions', 'itemInteractions')
    await traffic(700)
    const refusedAgain = await start()
    await expect(refusedAgain.done).rejects.toMatchObject({ code: 'topic_changed' })
    const rebuilding = await start('rebuild')
    await expectExact(runtime, store, 700)
    await rebuilding.stop()
  })
})

/** How many interactions the users' states tell of. */
async function appliedTo({ runtime, store }: { runtime: KafkaRuntime; store: StateStore }): Promise<number> {
  const { user } = featureSet.layouts
  let applied = 0
  for (let partition = 0; partition < runtime.partitionCount('interactions'); partition++) {
    const tag = partitionTag(runtime.topicName('interactions'), partition, user.id)
    for await (const { id, blob } of store.scan(tag))
      if (id !== FEED_ID) applied += decodeState(user, blob).applied
  }
  return applied
}
