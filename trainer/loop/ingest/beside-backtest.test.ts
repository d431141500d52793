import { expect, it } from 'vitest'
import type { Prediction } from '#schemas'
import { playLog } from '../backtest/play-log.ts'
import { playInProcess } from '../backtest/testing/play-in-process.ts'
import { smallFeed, smallLog } from '../backtest/testing/small-log.ts'
import type { Judged } from '../report/index.ts'
import { besideBacktest } from './beside-backtest.ts'

const play = { ...playInProcess, feed: smallFeed(), fromDay: 0 }
const REQUESTS = 200
const log = () => smallLog({ requests: 300 })

/** What a loop would have served that is never behind. */
async function served(): Promise<Prediction[]> {
  const found: Prediction[] = []
  const onPrediction = (prediction: Prediction) => void found.push(prediction)
  const played = await playLog({
    ...play,
    log: log(),
    retrainEveryMs: 86_400_000,
    windowMs: Infinity,
    gates: ['none'],
    onPrediction,
  })
  await played.close()
  return found.slice(0, REQUESTS)
}

/** What came of it, of a loop that always says the same. */
async function judgedOf(score: number): Promise<Judged[]> {
  const found: Judged[] = []
  for await (const entry of log().entries()) {
    if (entry.kind !== 'impression') continue
    const { requestId, candidates, occurredAtMs } = entry.request
    for (const itemId of candidates) {
      const clicked = entry.outcomes.some((one) => one.type === 'click' && one.itemId === itemId)
      found.push({ requestId, itemId, occurredAtMs, modelId: 'm', score, label: clicked ? 1 : 0 })
    }
  }
  return found
}

async function* topic(records: readonly Prediction[]) {
  for (const value of records) yield await Promise.resolve({ value })
}

it('tells loop and backtest on the rows of both, and what was served otherwise', async () => {
  const predictions = await served()
  const [changed] = predictions.at(-1)!.ranking
  changed!.vector!.writeFloatLE(99, 0)
  const judged = await judgedOf(0.2)
  const options = { ...play, log: log(), impressions: REQUESTS, judged }
  const found = await besideBacktest({ ...options, predictions: topic(predictions) })

  expect(found.vectors).toEqual({
    compared: REQUESTS * 5,
    different: 1,
    features: [{ name: expect.stringMatching(/^user/) as unknown, different: 1 }],
  })
  // A model a day: the first day has none.
  expect(found.rows).toBe(500)
  expect(found.loop.examples).toBe(found.rows)
  const [none, live] = found.backtest
  expect([none!.gate, live!.gate]).toEqual(['none', 'live'])
  for (const { quality, difference } of found.backtest) {
    expect([quality.examples, quality.positives]).toEqual([found.rows, found.loop.positives])
    expect(difference!.difference).toBeCloseTo(found.loop.normalizedEntropy! - quality.normalizedEntropy!, 9)
  }
  expect(none!.difference!.low).toBeGreaterThan(0)
})
