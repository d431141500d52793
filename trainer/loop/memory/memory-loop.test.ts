import { describe, expect, it } from 'vitest'
import { parseManifest } from '#schemas'
import { simulatorConfigSchema } from '#streams'
import { trainerConfigSchema } from '../../config.ts'
import { feedSchema } from '../feed.ts'
import { openLinearModel } from '../../testing/index.ts'
import { playMemoryLoop } from './memory-loop.ts'
import { statesDigest } from './testing/states-digest.ts'

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

const play = (seed: number, ticks: number, played = feed) =>
  playMemoryLoop({ seed, feed: played, people, startMs: START_MS, ticks, openModel: openLinearModel })

describe('the whole loop, in memory', () => {
  const TICKS = 80

  it(
    'reproduces a run bit for bit from its seed, and another seed is another run',
    { tags: 'long' },
    async () => {
      const [once, again, other] = [await play(1, TICKS), await play(1, TICKS), await play(2, TICKS)]
      const states = (run: typeof once) => statesDigest(run, feed)
      expect(again.runtime.digest()).toBe(once.runtime.digest())
      expect(await states(again)).toBe(await states(once))
      expect(other.runtime.digest()).not.toBe(once.runtime.digest())
      expect(await states(other)).not.toBe(await states(once))
    },
  )

  it('closes: requests are answered, outcomes become examples, a model is promoted and answers', async () => {
    const { runtime, counts } = await play(3, TICKS)
    const predictions = runtime.records('predictions').map(({ value }) => value!)
    expect(counts.requests).toBeGreaterThan(500)
    expect(new Set(predictions.map(({ requestId }) => requestId)).size).toBe(counts.requests)
    expect(predictions.length).toBe(counts.requests)
    const champions = runtime.records('models').filter(({ value }) => value?.stage === 'champion')
    expect(champions.length).toBeGreaterThanOrEqual(1)
    const answered = new Set(predictions.map(({ modelId }) => modelId))
    expect(answered).toContain(champions[0]!.value!.modelId)
    expect(runtime.rawRecords('deadLetters')).toEqual([])
  })

  it('calibrates the model that serves, and its predictions say by what', async () => {
    // A learner that claims too much; nobody challenges its first champion.
    const { promotion, learners, ...rest } = feed.trainer
    const trainer = trainerConfigSchema.parse({
      ...rest,
      learner: { alpha: 1.5 },
      calibration: { everyMinutes: 2 },
      promotion: { ...promotion, candidateEveryExamples: 1_000_000 },
    })
    const { runtime } = await play(3, TICKS, { ...feed, trainer })
    const told = runtime
      .records('models')
      .filter(({ value }) => value?.stage === 'champion')
      .map(({ value }) => parseManifest(value!.manifest))
    const first = told[0]!.modelId
    const ids = told.filter(({ modelId }) => modelId === first).map(({ calibrationId }) => calibrationId)
    expect(ids.length).toBeGreaterThan(1)
    const predictions = runtime.records('predictions').map(({ value }) => value!)
    const answered = predictions
      .filter(({ modelId }) => modelId === first)
      .sort((one, other) => one.scoredAtMs - other.scoredAtMs)
    const used = new Set(answered.map(({ calibrationId }) => calibrationId))
    expect(ids).toEqual(expect.arrayContaining([...used]))
    expect([...used].some((id) => /^(base-rate|platt)-/.test(id))).toBe(true)
    // In the order in which they were told; one may be passed over.
    let at = 0
    for (const { calibrationId } of answered) {
      at = ids.indexOf(calibrationId, at)
      expect(at, calibrationId).not.toBe(-1)
    }
  })
})
