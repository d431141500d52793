import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { openFeedStore } from '../commands.ts'
import type { FeatureStoreConfigInput } from '../config.ts'
import { DEFAULT_FEATURES } from '../default-features.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { smoothedRate, windowedCount } from '../kinds/index.ts'
import { createFeatureReader } from '../reader.ts'
import { statesIdOf } from '../serving.ts'
import { partitionTag } from '../state-store.ts'
import { openReplayFeed } from '../testing/replay-feed.ts'
import { TRAFFIC_START_MS } from '../testing/traffic.ts'
import type { StatesComparison } from './compare-states.ts'

const INTERACTIONS = 4_000
const ofFeed = smoothedRate({ entity: 'item', of: ['like'], per: ['view'], strength: 9, halfLifeMinutes: 5 })
const OLD: FeatureStoreConfigInput = {
  features: [...DEFAULT_FEATURES, ofFeed],
  limits: { applyRecordsMax: 50 },
}
const ADDED = windowedCount({ entity: 'user', of: ['like'], windowMinutes: 60, bucketMinutes: 10 })
const NEW: FeatureStoreConfigInput = { ...OLD, features: [...OLD.features!, ADDED] }

describeServices('replays beside live traffic', (addresses) => {
  let feed: Awaited<ReturnType<typeof openReplayFeed>>
  let stopOld: () => Promise<void>

  beforeAll(async () => {
    feed = await openReplayFeed(addresses, OLD)
    stopOld = await feed.serve(OLD)
    await feed.traffic(INTERACTIONS)
  })

  afterAll(() => feed.close())

  test('killed in the middle it goes on from its fences, and comes to the bytes that are live', async () => {
    const { replay, replays, start, status, caughtUp, traffic, runtime } = feed
    const first = start(OLD, 'start', '--into', 'v2', '--from', '0', '--rate', '700/s')
    first.mayEnd()
    await until('it has begun', async () => {
      const [job] = await replays.list()
      if (job?.isPlanted !== true) return false
      const { done } = await status('v2')
      return done > 500
    })
    await replay(['pause', 'v2'])
    const isHeld = async () => {
      const { done } = await status('v2')
      await sleep(400)
      return (await status('v2')).done === done
    }
    await until('it is held', isHeld)
    await first.kill()
    const { left } = await status('v2')
    expect(left).toBeGreaterThan(0)

    const second = start(OLD, 'resume', 'v2', '--rate', '100000/s')
    second.mayEnd()
    await traffic(500)
    await caughtUp('v2')
    const diff = await replay<StatesComparison>(['diff', 'v2'])
    expect(diff).toMatchObject({ isEqual: true, features: [], partings: [] })
    expect(diff.topics.map(({ moving }) => moving)).toEqual([0, 0, 0, 0])
    // 60 users and what is kept of the feed per partition, 90 items and up to 5 that nobody described.
    const compared = Object.fromEntries(diff.topics.map(({ topic, compared }) => [topic, compared]))
    expect(compared).toMatchObject({
      users: 60,
      items: 90,
      interactions: 60 + runtime.partitionCount('interactions'),
    })
    expect(compared['itemInteractions']).toBeGreaterThanOrEqual(90)
  })

  test('a planted difference is found, with the feature and the offset, and the exit code is 1', async () => {
    const { replay, redis, prefix, runtime, configOf } = feed
    const featureSet = compileFeatureSet(configOf(OLD).features)
    const userId = 'u7'
    const tag = partitionTag(
      runtime.topicName('interactions'),
      runtime.partitionOf('interactions', userId),
      featureSet.layouts.user.id,
    )
    const key = `${prefix}:v2:${tag}:${userId}`
    const was = (await redis.getBuffer(key))!
    // The first bytes of a blob that may differ without being no blob: how many interactions were applied.
    const planted = Buffer.from(was)
    planted[planted.length - 1]! ^= 1
    await redis.set(key, planted)
    const diff = await replay<StatesComparison>(['diff', 'v2'])
    expect(process.exitCode).toBe(1)
    process.exitCode = undefined
    expect(diff.isEqual).toBe(false)
    expect(diff.topics.find(({ topic }) => topic === 'interactions')).toMatchObject({ different: 1 })
    expect(diff.features.length).toBeGreaterThan(0)
    expect(diff.partings).toMatchObject([{ topic: 'interactions', id: userId }])
    await redis.set(key, was)
  })

  test('readers move to it and back under traffic, never see a mixture, and nothing is lost', async () => {
    const { replay, replays, redis, prefix, runtime, configOf, closers, start, caughtUp, traffic } = feed
    const config = configOf(OLD)
    const featureSet = compileFeatureSet(config.features)
    const store = await openFeedStore(addresses.redis, config)
    closers.push(() => store.close())
    const reader = createFeatureReader({ runtime, store, featureSet })
    // What is read from each namespace can be told apart: the fences of one carry another store id each.
    const tags = Array.from({ length: runtime.partitionCount('interactions') }, (_, p) =>
      partitionTag(runtime.topicName('interactions'), p, featureSet.layouts.user.id),
    )
    const idsOf = async (namespace: string) =>
      (await redis.mget(tags.map((tag) => `${namespace}:${tag}`))).map((text) => text!.split(' ')[1]!)
    const [ours, theirs] = [(await idsOf(prefix)).join(), (await idsOf(`${prefix}:v2`)).join()]
    const seen: string[] = []
    let isOver = false
    const reading = (async () => {
      while (!isOver) {
        const { fences } = await store.read({ fences: tags, blobs: [] })
        seen.push(fences.map((fence) => fence?.storeId).join())
        const answer = await reader.read([
          { userId: 'u1', itemIds: ['i1', 'i2'], context: [], occurredAtMs: TRAFFIC_START_MS },
        ])
        expect(answer.kind).toBe('vectors')
        await sleep(5)
      }
    })()
    const busy = (async () => {
      while (!isOver) {
        await traffic(20)
        await sleep(50)
      }
    })()

    const movedTo = async (ids: string) => {
      const sinceMs = performance.now()
      await until('readers moved', async () => seen.at(-1) === ids, 10)
      return performance.now() - sinceMs
    }
    await replay(['switch', 'v2', '--keep', '1h'])
    expect(await movedTo(theirs)).toBeLessThan(1_000)
    const owned = async (namespace: string) => {
      const [set] = await replays.ownedSets()
      return set?.namespace === namespace
    }
    await until('the features service goes on with it', () => owned(`${prefix}:v2`))
    await expect(replay(['cancel', 'v2'])).rejects.toThrow('are served')
    await traffic(300)
    await replay(['switch', '--back'])
    expect(await movedTo(ours)).toBeLessThan(1_000)
    await until('the features service is back', () => owned(prefix))
    isOver = true
    await Promise.all([reading, busy])
    expect(new Set(seen)).toEqual(new Set([ours, theirs]))

    // Both have every interaction once: the replay goes on where the features service left it.
    const again = start(OLD, 'resume', 'v2')
    again.mayEnd()
    await until('live has all', async () => {
      const fences = await store.fences(tags)
      const ends = await Promise.all(tags.map((_, p) => runtime.offsets('interactions', p)))
      return fences.every((fence, p) => fence!.nextOffset === ends[p]!.endOffset)
    })
    await caughtUp('v2')
    expect(await replay<StatesComparison>(['diff', 'v2'])).toMatchObject({ isEqual: true })
    await again.stop()
    await replay(['cancel', 'v2'])
    expect(await redis.keys(`${prefix}:v2:*`)).toEqual([])
    expect(await replays.list()).toEqual([])
  })

  test('a bounded replay ends at its end, and again comes to the same bytes', async () => {
    const { replay, status, runtime } = feed
    const ends = await Promise.all(
      Array.from({ length: runtime.partitionCount('interactions') }, (_, p) =>
        runtime.offsets('interactions', p),
      ),
    )
    const until = Math.min(...ends.map(({ endOffset }) => endOffset)) - 10
    for (const name of ['a1', 'a2'])
      expect(await replay(['start', '--into', name, '--to', String(until)])).toMatchObject({
        end: 'done',
        left: 0,
      })
    const { topics } = await status('a1')
    const folded = topics.find(({ topic }) => topic === 'interactions')!.partitions
    expect(folded.map(({ next }) => next)).toEqual(folded.map(() => until))
    expect(await replay(['diff', 'a1', '--against', 'a2'])).toMatchObject({ isEqual: true })
    await expect(replay(['switch', 'a1'])).rejects.toThrow('ends at')
    for (const name of ['a1', 'a2']) await replay(['cancel', name])
  })

  test('a changed configuration is ready at once when its states were built before', async () => {
    const { replay, replays, prefix, runtime, configOf, closers, start, caughtUp, traffic, serve } = feed
    const will = compileFeatureSet(configOf(NEW).features)
    expect(statesIdOf(will)).not.toBe(statesIdOf(compileFeatureSet(configOf(OLD).features)))
    const started = start(NEW, 'start', '--for-config', '--into', 'with-likes', '--json')
    await until('it is there', async () => {
      started.mustRun()
      return (await replays.list()).some(({ isPlanted }) => isPlanted)
    })
    const [job] = await replays.list()
    expect(job).toMatchObject({ kind: 'config', namespace: prefix })
    expect(job!.topics.map(({ topic }) => topic)).toEqual(['interactions'])
    await caughtUp('with-likes', NEW)
    expect(await replay(['diff', 'with-likes'], NEW)).toMatchObject({
      isEqual: true,
      topics: [{ topic: 'interactions', by: 'values' }],
    })
    await replay(['switch', 'with-likes'], NEW)

    await stopOld()
    const store = await openFeedStore(addresses.redis, configOf(NEW))
    closers.push(() => store.close())
    const reader = createFeatureReader({ runtime, store, featureSet: will })
    const ask = () =>
      reader.read([{ userId: 'u1', itemIds: ['i1'], context: [], occurredAtMs: TRAFFIC_START_MS }])
    expect((await ask()).kind).toBe('vectors')
    await serve(NEW)
    await traffic(200)
    const { stdout } = await started.ended
    expect(JSON.parse(stdout)).toMatchObject({ name: 'with-likes', end: 'taken_over' })
    expect((await ask()).kind).toBe('vectors')
  })
})
