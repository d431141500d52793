import { playInProcess } from './testing/play-in-process.ts'
import { expect, it } from 'vitest'
import { compileFeatureSet, createFeatureReader, createMemoryStore, startFeatureStore } from '#feature-store'
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
const log = () => smallLog({ requests: 120, hours: 30 })

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

it('makes the vectors of the live services, bit for bit', async () => {
  const { features, trainer } = smallFeed()
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
})
