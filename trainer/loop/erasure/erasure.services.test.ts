import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import {
  compareStore,
  compileFeatureSet,
  createReplay,
  type ErasureReceipt,
  partitionTag,
} from '#feature-store'
import { EntityState, encodeState, decodeState } from '#feature-store/testing'
import { bytesOfVector, type TopicKey } from '#schemas'
import { type Addresses, createRedis, readTopic } from '#streams'
import { startFeedloop } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { newestExamples } from '../../models/newest-examples.ts'
import { samplePrediction } from '../../testing/sample-predictions.ts'
import { openOwnFeed, type OwnFeed } from '../testing/own-feed.ts'

const ID = 'erase-me-8c1f'
const OTHER = 'stays-77aa'
const MINUTE_MS = 60_000
const START_MS = 1_700_000_000_000
const click = { positive: ['click'], shown: ['view'], horizonMinutes: 10 }
const cleanups: (() => Promise<unknown> | void)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

describeServices('an erasure', (addresses) => {
  test('leaves no trace of a user, says so in a receipt, and a replay ends at the same place', async () => {
    const feed = await openOwnFeed(addresses, 'erase', {
      trainer: { labels: { click }, objective: 'click', limits: { erasureRebuildSeconds: 1 } },
    })
    cleanups.push(() => feed.close())
    const redis = createRedis(addresses.redis)
    cleanups.push(() => redis.disconnect())
    const folder = mkdtempSync(join(tmpdir(), 'feedloop-erase-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'export.csv'), `userId,label\n${ID},1\n${OTHER},0\n`)
    const { runtime, config, prefix } = feed
    const featureSet = compileFeatureSet(config.features)
    const outputs = await runtime.outputs('test')
    cleanups.push(() => outputs.close())
    feed.run('features')
    feed.run('trainer')

    const interact = (userId: string, n: number, type = 'click', requestId: string | null = null) => {
      const value = { interactionId: `${userId}/${String(n)}`, userId, itemId: `i${String(n % 3)}`, type }
      const occurredAtMs = START_MS + n * 1_000
      outputs.add('interactions', {
        key: userId,
        value: { ...value, occurredAtMs, requestId, position: null, value: null },
      })
    }
    const predict = (userId: string, requestId: string, occurredAtMs: number) => {
      const vector = Array.from({ length: featureSet.width }, () => 0)
      const items = [{ itemId: 'i0', vector }]
      const value = samplePrediction({ requestId, userId, occurredAtMs, items, featureSetId: featureSet.id })
      outputs.add('predictions', { key: userId, value })
    }
    for (let n = 0; n < 3; n++)
      outputs.add('items', {
        key: `i${String(n)}`,
        value: { itemId: `i${String(n)}`, occurredAtMs: START_MS, attributes: [] },
      })
    await outputs.flush()
    for (const userId of [ID, OTHER]) {
      const attributes = [{ name: 'segment', text: 'a', number: null }]
      outputs.add('users', { key: userId, value: { userId, occurredAtMs: START_MS, attributes } })
      for (let n = 0; n < 40; n++) interact(userId, n)
      predict(userId, `waits-${userId}`, START_MS)
      interact(userId, 42, 'view', `waits-${userId}`)
      interact(userId, 43, 'no-such-type')
      const vector = bytesOfVector(new Float32Array(featureSet.width))
      outputs.add('examples', { key: userId, value: exampleOf(userId, featureSet.id, vector) })
    }
    await outputs.flush()
    await feed.until('states to be there', async () => (await appliedOf(feed, ID)) === 41)
    await feed.caughtUp('features-user', 'interactions')
    await feed.caughtUp('features-user-attributes', 'users')
    await feed.caughtUp('features-item', 'itemInteractions')
    // What readers had before a switch lies in another namespace, and nobody folds there any more.
    const layout = featureSet.layouts.user
    const tag = tagOf(feed, ID)
    await redis.set(`${prefix}:before:${tag}`, '1 oldstore 1 7 7 -1 -1 -')
    await redis.set(`${prefix}:before:${tag}:${ID}`, encodeState(layout, new EntityState(layout)))
    expect(await traces(redis, prefix, ID)).not.toEqual([])

    const receipt = await erased(feed, ['erase-user', ID, '--files', folder])
    expect(receipt).toMatchObject({ entity: 'user', id: ID, isComplete: true })
    const told = Object.fromEntries(
      receipt.places.map(({ place, found, done }) => [place, `${done}: ${found}`]),
    )
    expect(told['Redis, live states']).toMatch(/^removed: 41 interactions counted/)
    expect(told[`Redis, ${prefix}:before, interactions`]).toBe('removed: 1 keys')
    expect(told[runtime.topicName('deadLetters')]).toBe('left_out: 1 letters')
    expect(told[join(folder, 'export.csv')]).toBe('rewritten: 1 rows')
    expect(
      receipt.places.filter(({ done }) => done === 'left_out').every(({ until }) => until !== null),
    ).toBe(true)

    expect(await traces(redis, prefix, ID)).toEqual([])
    expect(readFileSync(join(folder, 'export.csv'), 'utf8')).toBe(`userId,label\n${OTHER},0\n`)
    expect((await newestExamples(runtime, 100)).map(({ userId }) => userId)).toEqual([OTHER])
    const letters = startFeedloop(['dead-letters', 'list', '--json'], addresses, { FEEDLOOP_PREFIX: prefix })
    letters.mayEnd()
    cleanups.push(() => letters.kill())
    const listed = (await letters.ended).stdout
    expect(JSON.parse(listed)).toHaveLength(1)

    // What waited for its labels becomes an example of the other user alone.
    for (let n = 0; n < 8; n++) predict(`later-${String(n)}`, `later-${String(n)}`, START_MS + 60 * MINUTE_MS)
    for (let n = 0; n < 8; n++) interact(`later-${String(n)}`, 3_600, 'view')
    await outputs.flush()
    await feed.until('the other one to mature', async () => (await newestExamples(runtime, 100)).length === 2)
    const examples = await newestExamples(runtime, 100)
    expect(examples.map(({ userId }) => userId)).toEqual([OTHER, OTHER])

    // The user comes back, and counts anew.
    interact(ID, 4_000)
    await outputs.flush()
    await feed.until('the user to be back', async () => (await appliedOf(feed, ID)) === 1)
    await feed.caughtUp('features-user', 'interactions')
    await feed.caughtUp('features-item', 'itemInteractions')
    await feed.caughtUp('features-user-attributes', 'users')
    await sameAsReplayed(addresses, feed)

    // A tombstone of the feed says the same.
    outputs.add('users', { key: OTHER, value: null })
    await outputs.flush()
    await feed.until(
      'the tombstone to be acted on',
      async () => (await traces(redis, prefix, OTHER)).length === 0,
    )
    expect((await newestExamples(runtime, 100)).filter(({ userId }) => userId === OTHER)).toEqual([])
  })

  test('leaves no trace of an item but its first attributes; who had to do with it stays, and a replay ends at the same place', async () => {
    const feed = await openOwnFeed(addresses, 'erase-item', {
      trainer: { labels: { click }, objective: 'click', limits: { erasureRebuildSeconds: 1 } },
    })
    cleanups.push(() => feed.close())
    const redis = createRedis(addresses.redis)
    cleanups.push(() => redis.disconnect())
    const { runtime, config, prefix } = feed
    const featureSet = compileFeatureSet(config.features)
    const outputs = await runtime.outputs('test')
    cleanups.push(() => outputs.close())
    feed.run('features')
    feed.run('trainer')

    const itemIds = [ID, OTHER]
    for (const itemId of itemIds)
      outputs.add('items', { key: itemId, value: { itemId, occurredAtMs: START_MS, attributes: [] } })
    await outputs.flush()
    for (let n = 0; n < 40; n++) {
      const place = { userId: 'u1', itemId: itemIds[n % 2]!, requestId: null, position: null, value: null }
      const value = {
        interactionId: `c${String(n)}`,
        type: 'click',
        occurredAtMs: START_MS + n * 1_000,
        ...place,
      }
      outputs.add('interactions', { key: 'u1', value })
    }
    const vector = bytesOfVector(new Float32Array(featureSet.width))
    for (const itemId of itemIds)
      outputs.add('examples', {
        key: 'u1',
        value: { ...exampleOf(itemId, featureSet.id, vector), userId: 'u1', itemId },
      })
    await outputs.flush()
    await feed.caughtUp('features-user', 'interactions')
    await feed.until('the item to be there', async () => (await traces(redis, prefix, ID)).length > 1)
    await feed.caughtUp('features-item', 'itemInteractions')

    const receipt = await erased(feed, ['erase-item', ID])
    expect(receipt).toMatchObject({ entity: 'item', id: ID, isComplete: true })
    // What folds of interactions before it look up is left for a while, as the receipt says: its first attributes.
    const left = receipt.places.filter(({ done }) => done === 'left')
    expect(left).toMatchObject([{ place: `Redis, ${prefix}, items`, until: expect.any(String) as string }])
    const itemsTag = new RegExp(`^${prefix}:\\{items\\.\\d\\}:[0-9a-f]{8}:${ID}$`)
    expect(await traces(redis, prefix, ID)).toEqual([expect.stringMatching(itemsTag)])
    expect(await traces(redis, prefix, OTHER)).not.toEqual([])
    expect(await appliedOf(feed, 'u1')).toBe(40)
    expect((await newestExamples(runtime, 100)).map(({ itemId }) => itemId)).toEqual([OTHER])
    await sameAsReplayed(addresses, feed)
  })
})

/** By the command, as an operator types it. */
async function erased({ addresses, prefix }: OwnFeed, argv: string[]): Promise<ErasureReceipt> {
  const command = startFeedloop([...argv, '--json', '--settle', '1'], addresses, { FEEDLOOP_PREFIX: prefix })
  command.mayEnd()
  cleanups.push(() => command.kill())
  const { stdout, stderr, exitCode } = await command.ended
  expect(exitCode, stderr).toBe(0)
  return JSON.parse(stdout) as ErasureReceipt
}

/** What lies in Redis is what the log comes to. */
async function sameAsReplayed(addresses: Addresses, { runtime, store, config }: OwnFeed): Promise<void> {
  const replay = createReplay({
    featureSet: compileFeatureSet(config.features),
    topicName: (topic) => runtime.topicName(topic),
    partitionOf: (topic, key) => runtime.partitionOf(topic, key),
  })
  for (const topic of ['items', 'users', 'interactions', 'itemInteractions'] as const)
    for await (const raw of readTopic({ addresses, topicName: runtime.topicName(topic) }))
      replay.add(topic, { ...raw, value: raw.value && runtime.codec.decode(topic, raw.value) } as never)
  const compared = await compareStore(replay, store, (topic: TopicKey) => runtime.partitionCount(topic))
  for (const comparison of Object.values(compared))
    expect(comparison).toMatchObject({ different: 0, firstDifference: null })
}

function tagOf({ runtime, config }: OwnFeed, userId: string): string {
  const { layouts } = compileFeatureSet(config.features)
  return partitionTag(
    runtime.topicName('interactions'),
    runtime.partitionOf('interactions', userId),
    layouts.user.id,
  )
}

async function appliedOf(feed: OwnFeed, userId: string): Promise<number> {
  const blobs = [{ tag: tagOf(feed, userId), id: userId }]
  const [blob] = (await feed.store.read({ fences: [], blobs })).blobs
  return blob ? decodeState(compileFeatureSet(feed.config.features).layouts.user, blob).applied : 0
}

/** Keys and values of the feed that hold this text. */
async function traces(
  redis: ReturnType<typeof createRedis>,
  prefix: string,
  text: string,
): Promise<string[]> {
  const found: string[] = []
  let cursor = '0'
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000)
    cursor = next
    for (const key of keys) {
      const value = await redis.getBuffer(key)
      if (key.includes(text) || value?.includes(text) === true) found.push(key)
    }
  } while (cursor !== '0')
  return found
}

function exampleOf(userId: string, featureSetId: string, vector: Buffer) {
  return {
    ...{ exampleId: `old:${userId}`, predictionId: `old-${userId}`, requestId: `old-${userId}`, userId },
    ...{
      itemId: 'i0',
      modelId: 'm1',
      featureSetId,
      fallbackReason: null,
      rank: 0,
      propensity: 1,
      score: 0.5,
    },
    ...{ occurredAtMs: START_MS - 3_600_000, maturedAtMs: START_MS - 1_800_000, vector },
    ...{
      flags: Buffer.alloc(vector.length / 4),
      labels: [{ name: 'click', value: 1 }],
      toldBy: [],
      labelsOut: [],
    },
    position: null,
  }
}
