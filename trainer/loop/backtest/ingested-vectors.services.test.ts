import { expect, test } from 'vitest'
import { compileFeatureSet } from '#feature-store'
import type { Prediction } from '#schemas'
import type { Addresses } from '#streams'
import { describeServices } from '#streams/testing/services'
import { ingestLog } from '../ingest/kafka-ingest.ts'
import type { Consistency } from '../ingest/read-consistency.ts'
import { openOwnFeed } from '../testing/own-feed.ts'
import { playLog } from './play-log.ts'
import { playInProcess } from './testing/play-in-process.ts'
import { withoutStale } from './testing/recorded-vectors.ts'
import { smallFeed, smallLog } from './testing/small-log.ts'

type Predictions = ReadonlyMap<string, Prediction>

const logOf = (requests: number) => smallLog({ requests, hours: 10 })

async function backtested(requests: number): Promise<Predictions> {
  const found = new Map<string, Prediction>()
  const played = await playLog({
    log: logOf(requests),
    feed: smallFeed(),
    retrainEveryMs: 3_600_000,
    windowMs: Infinity,
    fromDay: 0,
    gates: ['none'],
    ...playInProcess,
    onPrediction: (prediction) => void found.set(prediction.requestId, prediction),
  })
  await played.close()
  expect(found.size).toBe(requests)
  return found
}

async function ingested(
  addresses: Addresses,
  { requests, consistency }: { requests: number; consistency: Consistency },
): Promise<Predictions> {
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
    const found = new Map<string, Prediction>()
    const follower = await feed.runtime.follow({
      name: 'test',
      topic: 'predictions',
      startFrom: 'earliest',
      record: ({ value }) => void (value !== null && found.set(value.requestId, value)),
    })
    await follower.ready
    await ingestLog(feed.runtime, {
      ...{ log: logOf(requests), consistency },
      store: feed.store,
      featureSet: compileFeatureSet(features),
      lagRecords: () => Promise.resolve(0),
    })
    await feed.until('all predictions', () => Promise.resolve(found.size === requests))
    await follower.stop()
    return found
  } finally {
    await feed.close()
  }
}

/** Of each item that was shown, what the request was told of its user. */
function usersPart({ ranking }: Prediction): Record<string, number[]> {
  const { groups } = compileFeatureSet(smallFeed().features)
  const places = groups.flatMap(({ at, names }) =>
    names.flatMap((name, place) => (/^user_(click|since)/.test(name) ? [4 * (at + place)] : [])),
  )
  expect(places).toHaveLength(3)
  return Object.fromEntries(
    ranking.map(({ itemId, vector }) => [itemId, places.map((place) => vector!.readFloatLE(place))]),
  )
}

describeServices('a backtest beside ingest on the same log', (addresses) => {
  test('makes the same vectors, bit for bit, where a request waits for all that was told', async () => {
    const requests = 40
    const served = await ingested(addresses, { requests, consistency: 'strong' })
    const expected = await backtested(requests)
    for (const [requestId, prediction] of served)
      expect(withoutStale(expected.get(requestId)!), requestId).toEqual(withoutStale(prediction))
  })

  test('knows the same of the user where it waits for what was told of the user', async () => {
    const requests = 150
    const served = await ingested(addresses, { requests, consistency: 'read-your-writes' })
    const expected = await backtested(requests)
    for (const [requestId, prediction] of served)
      expect(usersPart(prediction), requestId).toEqual(usersPart(expected.get(requestId)!))
    // Not because nobody had done anything.
    const known = [...served.values()].filter((one) =>
      Object.values(usersPart(one)).some(([rate]) => rate !== 0),
    )
    expect(known.length).toBeGreaterThan(50)
  })

  test('knows less of the user where it waits for nothing', async () => {
    const requests = 150
    const served = await ingested(addresses, { requests, consistency: 'eventual' })
    const expected = await backtested(requests)
    const other = [...served].filter(
      ([requestId, prediction]) =>
        JSON.stringify(usersPart(prediction)) !== JSON.stringify(usersPart(expected.get(requestId)!)),
    )
    expect(other.length).toBeGreaterThan(10)
  })
})
