import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach, expect, it } from 'vitest'
import { compareStore, compileFeatureSet, createReplay, partitionTag, type Replay } from '#feature-store'
import { encodeState, produceTraffic } from '#feature-store/testing'
import type { Prediction } from '#schemas'
import { type Addresses, readTopic } from '#streams'
import { startNaiveCounter } from '#streams/testing'
import { openOwnFeed, type OwnFeed } from '#trainer/testing'
import { describeServices } from './streams/testing/services.ts'

const INTERACTIONS = 6_000
const CHUNK = 500
/** How much has been done when the process is killed; the last process works to the end. */
const KILLED_AT = [800, 2_000, 3_500]
const REQUESTS = 3_000
const FEED = {
  // A killed member's partitions are free after this.
  limits: { sessionTimeoutMs: 6_000 },
  // Small writes, so that a kill falls between two of them.
  features: { limits: { applyRecordsMax: 50 } },
}
const TOPICS = ['users', 'items', 'interactions', 'itemInteractions'] as const
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function feedOf(addresses: Addresses): Promise<OwnFeed> {
  const feed = await openOwnFeed(addresses, 'kill', FEED)
  cleanups.push(() => feed.close())
  return feed
}

/** The same users, items and interactions every time, in the same order. */
async function produceAll({ runtime }: OwnFeed): Promise<void> {
  const outputs = await runtime.outputs('traffic')
  for (let from = 0; from < INTERACTIONS; from += CHUNK) {
    produceTraffic(
      { produce: (topic, key, value) => outputs.add(topic, { key, value }) },
      { seed: from + 1, from, interactions: CHUNK, users: 60, items: 80 },
    )
    await outputs.flush()
  }
  await outputs.close()
}

const userTags = ({ runtime, config }: OwnFeed) => {
  const { layouts } = compileFeatureSet(config.features)
  return Array.from({ length: runtime.partitionCount('interactions') }, (_, partition) =>
    partitionTag(runtime.topicName('interactions'), partition, layouts.user.id),
  )
}

/** Interactions that the fences of the user side have passed. */
async function appliedOf(feed: OwnFeed): Promise<number> {
  const { fences } = await feed.store.read({ fences: userTags(feed), blobs: [] })
  return fences.reduce((sum, fence) => sum + (fence?.nextOffset ?? 0), 0)
}

/** Every user state, in hexadecimal. */
async function userBlobs(feed: OwnFeed): Promise<Map<string, string>> {
  const blobs = new Map<string, string>()
  for (const tag of userTags(feed))
    for await (const { id, blob } of feed.store.scan(tag)) blobs.set(id, blob.toString('hex'))
  return blobs
}

async function runToTheEnd(feed: OwnFeed): Promise<void> {
  const features = feed.run('features')
  await feed.caughtUp('features-user', 'interactions')
  await feed.caughtUp('features-item', 'itemInteractions')
  expect(await features.stop()).toBe(0)
}

/** What the logs say that every state must be. */
async function replayOf({ runtime, config, addresses }: OwnFeed): Promise<Replay> {
  const replay = createReplay({
    featureSet: compileFeatureSet(config.features),
    topicName: (topic) => runtime.topicName(topic),
    partitionOf: (topic, key) => runtime.partitionOf(topic, key),
  })
  for (const topic of TOPICS) {
    for await (const raw of readTopic({ addresses, topicName: runtime.topicName(topic) }))
      replay.add(topic, { ...raw, value: runtime.codec.decode(topic, raw.value!) as never })
  }
  return replay
}

const compared = (replay: Replay, { store, runtime }: OwnFeed) =>
  compareStore(replay, store, (topic) => runtime.partitionCount(topic))

describeServices('kill -9 in the middle', (addresses) => {
  it('run features comes to the bytes of an undisturbed run: nothing lost, nothing applied twice', async () => {
    const disturbed = await feedOf(addresses)
    const producing = produceAll(disturbed)
    for (const applied of KILLED_AT) {
      const features = disturbed.run('features')
      await disturbed.until(
        `${applied} interactions to be applied`,
        async () => (await appliedOf(disturbed)) >= applied,
        2,
      )
      await features.kill()
      const atDeath = await appliedOf(disturbed)
      expect(atDeath).toBeGreaterThanOrEqual(applied)
      expect(atDeath).toBeLessThan(INTERACTIONS)
    }
    await producing
    await runToTheEnd(disturbed)

    const undisturbed = await feedOf(addresses)
    await produceAll(undisturbed)
    await runToTheEnd(undisturbed)
    expect(await userBlobs(disturbed)).toEqual(await userBlobs(undisturbed))

    const replay = await replayOf(disturbed)
    expect(replay.counts()).toMatchObject({ interactions: INTERACTIONS, copies: INTERACTIONS, refused: 0 })
    const { user, item, ...attributes } = await compared(replay, disturbed)
    const exact = { expected: INTERACTIONS, applied: INTERACTIONS, lost: 0, duplicates: 0 }
    expect(user).toMatchObject({ ...exact, entities: 60, different: 0, firstDifference: null })
    expect(item).toMatchObject({ ...exact, different: 0, firstDifference: null })
    for (const comparison of Object.values(attributes)) expect(comparison.different).toBe(0)
  })

  it('run features tells its group where the store is, also for partitions that rest', async () => {
    const feed = await feedOf(addresses)
    await produceAll(feed)
    await runToTheEnd(feed)
    const admin = new Kafka({ brokers: addresses.brokers, logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    cleanups.push(() => admin.disconnect())
    // What a kill between the write and the commit leaves: the store is ahead, and nothing more will come.
    await admin.deleteGroups([`${feed.prefix}.features-user`, `${feed.prefix}.features-item`])
    await runToTheEnd(feed)
    expect(await appliedOf(feed)).toBe(INTERACTIONS)
  })

  it('the same comparison sees what a consumer that lets kafkajs commit does wrong', async () => {
    const feed = await feedOf(addresses)
    const { runtime, prefix } = feed
    await produceAll(feed)
    const redis = new Redis(addresses.redisUrl)
    cleanups.push(async () => void redis.disconnect())
    const hash = `naive{${prefix}.counts}`
    const counts = async () =>
      new Map(Object.entries(await redis.hgetall(hash)).map(([id, count]) => [id, Number(count)]))
    const total = async () => [...(await counts()).values()].reduce((sum, count) => sum + count, 0)

    const topic = runtime.topicName('interactions')
    const startCounter = () =>
      feed.adopt(startNaiveCounter(addresses, { topic, groupId: `${prefix}.naive`, hash }))
    for (const counted of KILLED_AT) {
      const { kill } = startCounter()
      await feed.until(`${counted} interactions to be counted`, async () => (await total()) >= counted, 2)
      await kill()
    }
    const { kill } = startCounter()
    await feed.caughtUp('naive', 'interactions')
    await kill()

    await runToTheEnd(feed)
    const replay = await replayOf(feed)
    expect((await compared(replay, feed)).user).toMatchObject({ lost: 0, duplicates: 0, different: 0 })
    const found = await counts()
    const { user: layout } = compileFeatureSet(feed.config.features).layouts
    const naive = await compareStore(replay, { ...feed.store, scan: naiveStates }, (topic) =>
      runtime.partitionCount(topic),
    )
    expect(naive.user.lost + naive.user.duplicates).toBeGreaterThan(0)
    expect(naive.user.applied - naive.user.expected).toBe((await total()) - INTERACTIONS)
    expect(naive.user.different).toBeGreaterThan(0)

    /** The states the logs ask for, with the naive consumer's counts in them. */
    async function* naiveStates(tag: string) {
      const partition = userTags(feed).indexOf(tag)
      for (const [id, applied] of found) {
        if (runtime.partitionOf('interactions', id) !== partition) continue
        yield { id, blob: encodeState(layout, { ...replay.stateAt('user', id)!, applied }) }
      }
    }
  })

  it('run scorer leaves no request without an answer, and the same request has one prediction id', async () => {
    const feed = await feedOf(addresses)
    const { runtime } = feed
    const outputs = await runtime.outputs('requests')
    const candidates = Array.from({ length: 20 }, (_, item) => `i${item}`)
    for (let id = 0; id < REQUESTS; id++) {
      const userId = `u${id % 60}`
      const request = {
        requestId: `r${id}`,
        userId,
        occurredAtMs: 1_690_000_000_000 + id,
        candidates,
        context: [],
      }
      outputs.add('requests', { key: userId, value: request })
    }
    await outputs.flush()
    for (const written of [300, 900, 1_800]) {
      const scorer = feed.run('scorer')
      await feed.until(
        `${written} predictions to be written`,
        async () => (await feed.recordCount('predictions')) >= written,
        2,
      )
      await scorer.kill()
      expect(await feed.recordCount('predictions')).toBeLessThan(REQUESTS)
    }
    const scorer = feed.run('scorer')
    await feed.caughtUp('scorer', 'requests')
    expect(await scorer.stop()).toBe(0)

    const answers = await predictionsOf(feed)
    expect(answers.size).toBe(REQUESTS)
    for (let id = 0; id < REQUESTS; id++) expect(answers.get(`r${id}`)).toBeDefined()
    for (const repeated of answers.values()) {
      expect(new Set(repeated.map(({ predictionId }) => predictionId)).size).toBe(1)
      expect(new Set(repeated.map(({ ranking }) => ranking.map(({ itemId }) => itemId).join())).size).toBe(1)
    }
    const ids = [...answers.values()].flatMap((repeated) => repeated.map(({ predictionId }) => predictionId))
    expect(new Set(ids).size).toBe(REQUESTS)
  })
})

/** All predictions, by request. */
async function predictionsOf({ runtime, addresses }: OwnFeed): Promise<Map<string, Prediction[]>> {
  const answers = new Map<string, Prediction[]>()
  for await (const { value } of readTopic({ addresses, topicName: runtime.topicName('predictions') })) {
    const prediction = runtime.codec.decode('predictions', value!)
    answers.set(prediction.requestId, [...(answers.get(prediction.requestId) ?? []), prediction])
  }
  return answers
}
