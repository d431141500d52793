import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  compileFeatureSet,
  DEFAULT_FEATURES,
  featureStoreConfigSchema,
  partitionTag,
  runFeatures,
  windowedCount,
} from '#feature-store'
import { produceTraffic } from '#feature-store/testing'
import type { Prediction } from '#schemas'
import {
  applyTopics,
  catalogueOf,
  connectRuntime,
  createClosers,
  createRedis,
  deleteTopics,
  silentLogger,
  streamsConfigSchema,
} from '#streams'
import { until } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { runScorer, type ScorerFeedConfig } from './commands.ts'
import { scorerConfigSchema } from './config.ts'
import { publishModel } from './testing/model-records.ts'

const added = windowedCount({ entity: 'user', of: ['like'], windowMinutes: 60, bucketMinutes: 10 })

describeServices('a changed feature set', (addresses) => {
  test('the old set and its model serve until a model of the new set does; then the old states go', async () => {
    const closers = createClosers()
    const streams = streamsConfigSchema.parse({ prefix: `os-${randomUUID().slice(0, 8)}` })
    const { prefix } = streams
    const configOf = (features: readonly object[]): ScorerFeedConfig => ({
      ...streams,
      features: featureStoreConfigSchema.parse({ features, limits: { oldSetKeptHours: 0 } }),
      scorer: scorerConfigSchema.parse({}),
    })
    const [before, after] = [configOf(DEFAULT_FEATURES), configOf([...DEFAULT_FEATURES, added])]
    const [oldSet, newSet] = [before, after].map(({ features }) => compileFeatureSet(features))
    const catalogue = Object.values(catalogueOf(streams))
    const connect = (clientId: string) =>
      connectRuntime({ addresses, config: streams, clientId, log: silentLogger })
    const contextOf = (config: ScorerFeedConfig) => ({
      loadConfig: () => Promise.resolve(config),
      addresses: () => Promise.resolve(addresses),
      connect,
      untilStopped: () => Promise.resolve(),
    })
    try {
      await applyTopics(addresses, catalogue)
      closers.add(() =>
        deleteTopics(
          addresses,
          catalogue.map(({ name }) => name),
        ),
      )
      const redis = createRedis(addresses.redis)
      closers.add(async () => {
        const keys = await redis.keys(`${prefix}:*`)
        if (keys.length > 0) await redis.del(...keys)
        redis.disconnect()
      })
      const runtime = await connect('test')
      closers.add(() => runtime.close())
      const outputs = await runtime.outputs('test')
      const answers: Prediction[] = []
      const follower = await runtime.follow({
        name: 'test-predictions',
        topic: 'predictions',
        startFrom: 'earliest',
        record: ({ value }) => void (value !== null && answers.push(value)),
      })
      closers.add(() => follower.stop())
      let produced = 0
      const traffic = async (interactions: number) => {
        produceTraffic(
          { produce: (topic, key, value) => outputs.add(topic, { key, value }) },
          { seed: 1 + produced, from: produced, interactions, users: 20, items: 30 },
        )
        produced += interactions
        await outputs.flush()
      }
      const publish = async (modelId: string, featureSet: typeof oldSet) => {
        const { artifacts, move } = publishModel(modelId, featureSet!)
        for (const piece of artifacts)
          outputs.add('modelArtifacts', { key: `${modelId}/${String(piece.index)}`, value: piece })
        outputs.add('models', { key: modelId, value: move('champion') })
        await outputs.flush()
      }
      const fencesOf = async (set: typeof oldSet) => {
        const ends = []
        for (let p = 0; p < runtime.partitionCount('interactions'); p++) {
          const tag = partitionTag(runtime.topicName('interactions'), p, set!.layouts.user.id)
          const fence = await redis.get(`${prefix}:${tag}`)
          const { endOffset } = await runtime.offsets('interactions', p)
          ends.push({ next: Number(fence?.split(' ')[3] ?? -1), endOffset })
        }
        return ends
      }
      const isFresh = async (set: typeof oldSet) =>
        (await fencesOf(set)).every(({ next, endOffset }) => next === endOffset)

      let features = await runFeatures(contextOf(before))
      await features.ready
      await traffic(600)
      await until('the old states are there', () => isFresh(oldSet))
      await publish('m-old', oldSet)
      let scorer = await runScorer(contextOf(before))
      await scorer.ready
      expect(scorer.liveModelId()).toBe('m-old')

      let asked = 0
      let isOver = false
      const asking = (async () => {
        while (!isOver) {
          const userId = `u${String(asked % 20)}`
          const candidates = ['i1', 'i2', 'i3']
          const request = {
            requestId: `r${String(asked++)}`,
            userId,
            occurredAtMs: Date.now(),
            candidates,
            context: [],
          }
          outputs.add('requests', { key: userId, value: request })
          await outputs.flush()
          await sleep(20)
        }
      })()
      const seen = (what: string, is: (prediction: Prediction) => boolean) =>
        until(what, async () => answers.slice(-30).some(is))

      try {
        // The scorer first: nobody keeps the new set yet. Then the features service, which builds it from the log.
        await scorer.stop()
        scorer = await runScorer(contextOf(after))
        closers.add(() => scorer.stop())
        await scorer.ready
        expect(scorer.liveModelId()).toBe('m-old')
        await features.stop()
        features = await runFeatures(contextOf(after))
        closers.add(() => features.stop())
        await features.ready
        await traffic(400)
        await until('both sets are fresh', async () => (await isFresh(newSet)) && (await isFresh(oldSet)))
        await seen('vectors of the new set are recorded', (p) => p.featureSetId === newSet!.id)
        expect(answers.at(-1)!.modelId).toBe('m-old')
        await publish('m-new', newSet)
        await seen('the new model serves', ({ modelId }) => modelId === 'm-new')
        await until('the old states are gone', async () =>
          (await fencesOf(oldSet)).every(({ next }) => next === -1),
        )
        const told = async () => (await redis.get(`${prefix}:@owned`)) ?? ''
        await until('nobody tells of the old set', async () => !(await told()).includes(oldSet!.id))
      } finally {
        isOver = true
        await asking
      }
      await until('all are answered', async () => answers.length >= asked)
      const of = (kept: Prediction[]) => new Set(kept.map(({ modelId }) => modelId))
      expect(answers.filter(({ fallbackReason }) => fallbackReason !== null)).toEqual([])
      expect(of(answers)).toEqual(new Set(['m-old', 'm-new']))
      const both = answers.filter((p) => p.modelId === 'm-old' && p.featureSetId === newSet!.id)
      expect(both[0]!.ranking[0]!.vector!.length).toBe(newSet!.width * 4)
      expect(await isFresh(newSet)).toBe(true)
    } finally {
      await closers.closeAll()
    }
  })
})
