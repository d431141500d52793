import { playInProcess } from './testing/play-in-process.ts'
import { expect, test } from 'vitest'
import { compileFeatureSet } from '#feature-store'
import type { Prediction } from '#schemas'
import { describeServices } from '#streams/testing/services'
import { ingestLog } from '../ingest/kafka-ingest.ts'
import { openOwnFeed } from '../testing/own-feed.ts'
import { playLog } from './play-log.ts'
import { withoutStale } from './testing/recorded-vectors.ts'
import { smallFeed, smallLog } from './testing/small-log.ts'

const REQUESTS = 40
const log = () => smallLog({ requests: REQUESTS, hours: 10 })

async function backtested(): Promise<Map<string, Prediction>> {
  const found = new Map<string, Prediction>()
  const played = await playLog({
    log: log(),
    feed: smallFeed(),
    retrainEveryMs: 3_600_000,
    windowMs: Infinity,
    fromDay: 0,
    gates: ['none'],
    ...playInProcess,
    onPrediction: (prediction) => void found.set(prediction.requestId, prediction),
  })
  await played.close()
  return found
}

describeServices('a backtest beside ingest on the same log', (addresses) => {
  test('makes the same vectors, bit for bit', async () => {
    const { features, trainer } = smallFeed()
    const { labels } = trainer
    const feed = await openOwnFeed(addresses, 'backtest', {
      features,
      scorer: { requestAgeDaysMax: 0 },
      trainer: { labels },
    })
    try {
      feed.run('features')
      feed.run('scorer')
      const ingested = new Map<string, Prediction>()
      const follower = await feed.runtime.follow({
        name: 'test',
        topic: 'predictions',
        startFrom: 'earliest',
        record: ({ value }) => void (value !== null && ingested.set(value.requestId, value)),
      })
      await follower.ready
      await ingestLog(feed.runtime, {
        log: log(),
        consistency: 'strong',
        store: feed.store,
        featureSet: compileFeatureSet(features),
        lagRecords: () => Promise.resolve(0),
      })
      await feed.until('all predictions', () => Promise.resolve(ingested.size === REQUESTS))
      await follower.stop()
      const expected = await backtested()
      expect(expected.size).toBe(REQUESTS)
      for (const [requestId, prediction] of ingested)
        expect(withoutStale(expected.get(requestId)!), requestId).toEqual(withoutStale(prediction))
    } finally {
      await feed.close()
    }
  })
})
