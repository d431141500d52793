import { playInProcess } from './testing/play-in-process.ts'
import { expect, it } from 'vitest'
import {
  compileFeatureSet,
  createFeatureReader,
  createMemoryStore,
  derived,
  distinctCount,
  featureStoreConfigSchema,
  lastItems,
  recency,
  startFeatureStore,
  windowedQuantile,
  windowedValue,
} from '#feature-store'
import type { Prediction } from '#schemas'
import { startScorer } from '#scorer'
import { createMemoryRuntime } from '#streams'
import { openLinearModel } from '../../testing/index.ts'
import type { FeedLog } from '../datasets/index.ts'
import { type FeedConfig, feedSchema } from '../feed.ts'
import { streamsOf } from '../memory/memory-loop.ts'
import { playLog } from './play-log.ts'
import { withoutStale } from './testing/recorded-vectors.ts'
import { SMALL_LOG_START_MS, smallFeed, smallLog } from './testing/small-log.ts'

/** The log is of the past, as every log is. */
const WALL_START_MS = SMALL_LOG_START_MS + 30 * 86_400_000
const window = { windowMinutes: 240, bucketMinutes: 60 }
/** Tiles, sketches, lists, ages and functions. */
const FURTHER = [
  windowedValue({ entity: 'item', of: ['view'], as: 'mean', ...window }),
  windowedQuantile({ entity: 'user', of: ['view'], quantile: 0.5 }),
  distinctCount({ entity: 'item', of: ['view'], each: 'user', ...window }),
  distinctCount({ entity: 'user', of: ['view'], each: { item: 'category' } }),
  lastItems({ of: ['click'], by: 'category', name: 'last' }),
  recency({ entity: 'item', of: ['click'], name: 'since', maxAgeMinutes: 600, whenMissing: 'dropCandidate' }),
  derived({ inputs: ['since', 'last'], fn: (since, last) => (last === null ? since : last), version: 1 }),
]

/** Showings tell a value by their place. */
function log(): FeedLog {
  const small = smallLog({ requests: 120, hours: 30 })
  async function* entries() {
    for await (const entry of small.entries()) {
      if (entry.kind !== 'impression') yield entry
      else yield { ...entry, outcomes: entry.outcomes.map((one) => ({ ...one, value: one.position })) }
    }
  }
  return { ...small, entries }
}

/** The live services on a runtime in memory, each record told after the one before it has come to rest. */
async function liveVectors(feed: FeedConfig, played: FeedLog): Promise<Prediction[]> {
  const runtime = await createMemoryRuntime({ seed: 1, startMs: WALL_START_MS, config: streamsOf(feed) })
  const store = createMemoryStore()
  const featureSet = compileFeatureSet(feed.features)
  const reader = createFeatureReader({ runtime, store, featureSet })
  const services = [
    await runtime.settleUntil(startFeatureStore(runtime, { config: feed.features, store })),
    await runtime.settleUntil(
      startScorer(runtime, { config: feed.scorer, features: reader, openModel: openLinearModel }),
    ),
  ]
  for (const { ready } of services) await runtime.settleUntil(ready)
  const outputs = await runtime.outputs('feed')
  const settled = async () => {
    await outputs.flush()
    await runtime.settle()
  }
  for await (const entry of played.entries()) {
    if (entry.kind === 'item') outputs.add('items', { key: entry.item.itemId, value: entry.item })
    if (entry.kind !== 'impression') continue
    await settled()
    outputs.add('requests', { key: entry.request.userId, value: entry.request })
    await settled()
    for (const outcome of entry.outcomes) outputs.add('interactions', { key: outcome.userId, value: outcome })
  }
  await settled()
  for (const service of services) await service.stop()
  return runtime.records('predictions').map(({ value }) => value!)
}

it.each([
  ['a small feed', [], 0],
  ['all that states can keep', FURTHER, 200],
] as const)('makes the vectors of the live services, bit for bit: %s', async (_, further, unscoredMin) => {
  const { features: small, trainer } = smallFeed()
  const features = featureStoreConfigSchema.parse({ ...small, features: [...small.features, ...further] })
  const feed = feedSchema.parse({
    features,
    scorer: { requestAgeDaysMax: 0 },
    trainer: { labels: trainer.labels },
  })
  const backtested = new Map<string, Prediction>()
  const played = await playLog({
    log: log(),
    feed: { features, trainer },
    retrainEveryMs: 3_600_000,
    windowMs: Infinity,
    fromDay: 0,
    gates: ['none'],
    ...playInProcess,
    onPrediction: (prediction) => void backtested.set(prediction.requestId, prediction),
  })
  await played.close()
  const live = await liveVectors(feed, log())
  expect(live.length).toBe(backtested.size)
  for (const prediction of live)
    expect(withoutStale(backtested.get(prediction.requestId)!)).toEqual(withoutStale(prediction))
  const reasonsOf = (predictions: Iterable<Prediction>) =>
    [...predictions]
      .flatMap(({ requestId, ranking }) =>
        ranking.map(({ itemId, unscoredReason }) => `${requestId} ${itemId} ${String(unscoredReason)}`),
      )
      .sort()
  expect(reasonsOf(live)).toEqual(reasonsOf(backtested.values()))
  expect(played.counts.unscored).toBe(reasonsOf(live).filter((text) => !text.endsWith('null')).length)
  expect(played.counts.unscored).toBeGreaterThanOrEqual(unscoredMin)
})
