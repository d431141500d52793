import { describe, expect, it } from 'vitest'
import { compareStore, compileFeatureSet, createReplay } from '#feature-store'
import { simulatorConfigSchema } from '#streams'
import type { TopologyTestDriver } from '#streams/testing'
import { feedSchema } from './cli.ts'
import { type MemoryLoopOptions, playMemoryLoop, statesDigest } from './cli.memory-loop.ts'

const START_MS = 1_700_000_000_000

const feed = feedSchema.parse({
  trainer: {
    labels: { click: { positive: ['click'], shown: ['view'], horizonMinutes: 2 } },
    promotion: {
      firstCandidateExamples: 300,
      candidateEveryExamples: 1_000,
      freshExamplesMin: 400,
      freshPositivesMin: 10,
    },
  },
})
const people = simulatorConfigSchema.parse({
  usersMax: 40,
  liveItemsMax: 40,
  historyMinutes: 20,
  requestsPerMinute: 20,
})

const play = (seed: number, ticks: number, crash?: MemoryLoopOptions['crash']) =>
  playMemoryLoop({ seed, feed, people, startMs: START_MS, ticks, ...(crash === undefined ? {} : { crash }) })

describe('the whole loop, in memory', () => {
  const TICKS = 80

  it('reproduces a run bit for bit from its seed, and another seed is another run', async () => {
    const [once, again, other] = [await play(1, TICKS), await play(1, TICKS), await play(2, TICKS)]
    const states = (run: typeof once) => statesDigest(run, feed)
    expect(again.driver.digest()).toBe(once.driver.digest())
    expect(await states(again)).toBe(await states(once))
    expect(other.driver.digest()).not.toBe(once.driver.digest())
    expect(await states(other)).not.toBe(await states(once))
  })

  it('closes: requests are answered, outcomes become examples, a model is promoted and answers', async () => {
    const { driver, counts } = await play(3, TICKS)
    const predictions = driver.records('predictions').map(({ value }) => value!)
    expect(counts.requests).toBeGreaterThan(500)
    expect(new Set(predictions.map(({ requestId }) => requestId)).size).toBe(counts.requests)
    expect(predictions.length).toBe(counts.requests)
    const champions = driver.records('models').filter(({ value }) => value?.stage === 'champion')
    expect(champions.length).toBeGreaterThanOrEqual(1)
    const answered = new Set(predictions.map(({ modelId }) => modelId))
    expect(answered).toContain(champions[0]!.value!.modelId)
    expect(driver.rawRecords('deadLetters')).toEqual([])
  })

  it.each([
    ['features-user', 'flush'],
    ['features-user', 'commit'],
    ['features-item', 'commit'],
    ['scorer', 'flush'],
    ['joiner', 'flush'],
    ['learner', 'commit'],
  ] as const)(
    'loses nothing and applies nothing twice when %s is killed before its %s',
    async (stage, moment) => {
      const { driver, store, counts, deaths } = await play(4, 40, { stage, moment, afterTicks: 20 })
      expect(deaths).toBe(1)
      const predictions = driver.records('predictions').map(({ value }) => value!.requestId)
      expect(new Set(predictions).size).toBe(counts.requests)
      const compared = await compareStore(replayOf(driver), store, (topic) => driver.partitionCount(topic))
      expect(compared.user).toMatchObject({
        applied: counts.interactions,
        lost: 0,
        duplicates: 0,
        different: 0,
      })
      expect(compared.item).toMatchObject({
        applied: counts.interactions,
        lost: 0,
        duplicates: 0,
        different: 0,
      })
    },
  )
})

/** What the logs say that every state must be. */
function replayOf(driver: TopologyTestDriver) {
  const replay = createReplay({
    featureSet: compileFeatureSet(feed.features),
    topicName: (topic) => driver.topicName(topic),
    partitionOf: (topic, key) => driver.partitionOf(topic, key),
  })
  for (const topic of ['users', 'items', 'interactions', 'itemInteractions'] as const) {
    for (const record of driver.records(topic)) replay.add(topic, record)
  }
  return replay
}
