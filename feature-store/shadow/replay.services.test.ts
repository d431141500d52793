import { randomUUID } from 'node:crypto'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  applyTopics,
  catalogueOf,
  connectRuntime,
  createRedis,
  deleteTopics,
  type KafkaRuntime,
  silentLogger,
  streamsConfigSchema,
  untilStopped,
} from '#streams'
import { startFeedloop, until } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { openFeedStore } from '../commands.ts'
import { featureStoreConfigSchema, type FeatureStoreConfigInput } from '../config.ts'
import { DEFAULT_FEATURES } from '../default-features.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { startFeatureStore } from '../feature-store.ts'
import { smoothedRate, windowedCount } from '../kinds/index.ts'
import { createFeatureReader } from '../reader.ts'
import { statesIdOf } from '../serving.ts'
import { partitionTag } from '../state-store.ts'
import { produceTraffic, TRAFFIC_START_MS } from '../testing/traffic.ts'
import { registerReplayCommands } from './commands.ts'
import type { StatesComparison } from './compare-states.ts'
import { keepOwnerDuties } from './redis-owner.ts'
import { openReplays, type Replays } from './redis-replays.ts'

const INTERACTIONS = 4_000
const ofFeed = smoothedRate({ entity: 'item', of: ['like'], per: ['view'], strength: 9, halfLifeMinutes: 5 })
const OLD: FeatureStoreConfigInput = {
  features: [...DEFAULT_FEATURES, ofFeed],
  limits: { applyRecordsMax: 50 },
}
const ADDED = windowedCount({ entity: 'user', of: ['like'], windowMinutes: 60, bucketMinutes: 10 })
const NEW: FeatureStoreConfigInput = { ...OLD, features: [...OLD.features!, ADDED] }

describeServices('replays beside live traffic', (addresses) => {
  const streams = streamsConfigSchema.parse({ prefix: `rp-${randomUUID().slice(0, 8)}` })
  const { prefix } = streams
  const catalogue = catalogueOf(streams)
  const closers: (() => Promise<unknown> | void)[] = []
  const redis = createRedis(addresses.redis)
  const folder = mkdtempSync(join(tmpdir(), 'feedloop-replay-'))
  let runtime: KafkaRuntime
  let replays: Replays
  let produced = 0
  let traffic: (count: number) => Promise<void>
  let stopOld: () => Promise<void>

  const configOf = (input: FeatureStoreConfigInput) => ({
    ...streams,
    features: featureStoreConfigSchema.parse(input),
  })

  /** `run features`, in this process. */
  async function serve(input: FeatureStoreConfigInput): Promise<() => Promise<void>> {
    const config = configOf(input)
    const own = await connectRuntime({ addresses, config: streams, clientId: 'features', log: silentLogger })
    const store = await openFeedStore(addresses.redis, config, 'owner')
    const running = await startFeatureStore(own, { config: config.features, store })
    const duties = keepOwnerDuties({
      redis: addresses.redis,
      prefix,
      featureSet: compileFeatureSet(config.features),
      topicName: (topic) => own.topicName(topic),
      commandTimeoutMs: 2_000,
      log: silentLogger,
    })
    await running.ready
    const stop = async () => {
      await duties.stop()
      await running.stop()
      await own.close()
      await store.close()
    }
    closers.push(stop)
    return stop
  }

  /** A replay command in this process; what it wrote, as JSON. */
  async function replay<T>(argv: string[], input = OLD): Promise<T> {
    const config = configOf(input)
    const program = new Command().exitOverride()
    registerReplayCommands(program, {
      loadConfig: async () => config,
      addresses: async () => addresses,
      connect: (clientId) => connectRuntime({ addresses, config, clientId, log: silentLogger }),
      untilStopped,
    })
    let written = ''
    const stdout = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation((text) => ((written += String(text)), true))
    const stderr = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
    try {
      await program.parseAsync(['replay', ...argv, '--json'], { from: 'user' })
    } finally {
      stdout.mockRestore()
      stderr.mockRestore()
    }
    return JSON.parse(written) as T
  }

  /** The command as a user runs it. */
  function start(input: FeatureStoreConfigInput, ...argv: string[]) {
    const feedFile = join(folder, input === OLD ? 'old.ts' : 'new.ts')
    const features = JSON.stringify(featureStoreConfigSchema.parse(input))
    writeFileSync(
      feedFile,
      `import { defineFeed } from 'feedloop'\nexport default defineFeed({ features: ${features} })\n`,
    )
    return startFeedloop(['--config', feedFile, 'replay', ...argv], addresses, { FEEDLOOP_PREFIX: prefix })
  }

  interface Look {
    progress: {
      done: number
      left: number
      isCaughtUp: boolean
      topics: { topic: string; partitions: { next: number }[] }[]
    }
  }
  const status = (name: string, input = OLD) => replay<Look>(['status', name], input)
  const caughtUp = (name: string, input = OLD) =>
    until(`${name} is caught up`, async () => (await status(name, input)).progress.isCaughtUp, 250)

  beforeAll(async () => {
    await applyTopics(addresses, Object.values(catalogue))
    runtime = await connectRuntime({ addresses, config: streams, clientId: 'test', log: silentLogger })
    replays = await openReplays(addresses.redis, prefix)
    const outputs = await runtime.outputs('traffic')
    traffic = async (interactions) => {
      produceTraffic(
        { produce: (topic, key, value) => outputs.add(topic, { key, value }) },
        { seed: produced + 1, from: produced, interactions, users: 60, items: 90 },
      )
      await outputs.flush()
      produced += interactions
    }
    stopOld = await serve(OLD)
    await traffic(INTERACTIONS)
  })

  afterAll(async () => {
    for (const close of closers.reverse()) await close()
    await replays.remove(`${prefix}:*`)
    await replays.close()
    await runtime.close()
    await deleteTopics(
      addresses,
      Object.values(catalogue).map(({ name }) => name),
    )
    redis.disconnect()
    rmSync(folder, { recursive: true })
  })

  test('killed in the middle it goes on from its fences, and comes to the bytes that are live', async () => {
    const first = start(OLD, 'start', '--into', 'v2', '--from', '0', '--rate', '700/s')
    first.mayEnd()
    await until('it has begun', async () => {
      const [job] = await replays.list()
      if (job?.isPlanted !== true) return false
      const { done } = (await status('v2')).progress
      return done > 500
    })
    await replay(['pause', 'v2'])
    const isHeld = async () => {
      const { done } = (await status('v2')).progress
      await sleep(400)
      return (await status('v2')).progress.done === done
    }
    await until('it is held', isHeld)
    await first.kill()
    const { progress } = await status('v2')
    expect(progress.left).toBeGreaterThan(0)

    const second = start(OLD, 'resume', 'v2', '--rate', '100000/s')
    closers.push(() => second.kill())
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
    closers.push(() => again.kill())
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
    const { progress } = await status('a1')
    const folded = progress.topics.find(({ topic }) => topic === 'interactions')!.partitions
    expect(folded.map(({ next }) => next)).toEqual(folded.map(() => until))
    expect(await replay(['diff', 'a1', '--against', 'a2'])).toMatchObject({ isEqual: true })
    await expect(replay(['switch', 'a1'])).rejects.toThrow('ends at')
    for (const name of ['a1', 'a2']) await replay(['cancel', name])
  })

  test('a changed configuration is ready at once when its states were built before', async () => {
    const will = compileFeatureSet(configOf(NEW).features)
    expect(statesIdOf(will)).not.toBe(statesIdOf(compileFeatureSet(configOf(OLD).features)))
    const started = start(NEW, 'start', '--for-config', '--into', 'with-likes', '--json')
    closers.push(() => started.kill())
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
