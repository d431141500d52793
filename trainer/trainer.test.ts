import { createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { describe, expect, it } from 'vitest'
import { type Interaction, parseManifest } from '#schemas'
import { trainerConfigSchema } from './config.ts'
import { fitterInProcess } from './learning/fitter.ts'
import { isRetrainEvent } from './learning/retrain-event.ts'
import { startTrainer } from './start-trainer.ts'
import { championOf, openLinearModel } from './testing/linear-models.ts'
import { createSyntheticFeed } from './testing/synthetic-feed.ts'

const START_MS = 1_700_000_000_000

const config = trainerConfigSchema.parse({
  promotion: { firstCandidateExamples: 500, candidateEveryExamples: 2_000, freshExamplesMin: 800 },
  drift: { retrainExamplesMin: 600, freshExamplesMin: 800 },
})

/** Plays a feed whose scorer is the champion at each moment; people turn after `turnAfter` requests. */
async function play(
  seed: number,
  {
    requests,
    turnAfter = Infinity,
    crashAfter = Infinity,
    late,
  }: {
    requests: number
    turnAfter?: number
    crashAfter?: number
    /** Requests of which everything is shown and clicked so much later. */
    late?: { from: number; to: number; byMs: number }
  },
): Promise<TopologyTestDriver> {
  // The broker's clock is far ahead of the feed's, as in the demo.
  const driver = await createTopologyTestDriver({ seed, startMs: START_MS + 365 * 86_400_000 })
  const feed = createSyntheticFeed({ seed, startMs: START_MS, everyMs: 5_000, itemsShown: 5, users: 50 })
  const start = () =>
    startTrainer(driver, {
      config,
      featureSet: feed.featureSet,
      openModel: openLinearModel,
      fitter: fitterInProcess,
    })
  let trainer = await start()
  await driver.settleUntil(trainer.ready)
  const later: Interaction[] = []
  const tell = (untilMs: number) => {
    later.sort((left, right) => left.occurredAtMs - right.occurredAtMs)
    while (later[0] !== undefined && later[0].occurredAtMs <= untilMs) {
      const interaction = later.shift()!
      driver.produce('interactions', interaction.userId, interaction)
    }
  }
  for (let asked = 0; asked < requests; asked++) {
    if (asked === turnAfter) feed.turn()
    if (asked === crashAfter) {
      const died = trainer.done.catch(() => undefined)
      await driver.crash('joiner')
      await driver.crash('learner')
      await died
      await trainer.stop()
      trainer = await start()
      await driver.settleUntil(trainer.ready)
    }
    const model = championOf(driver)
    const { prediction, interactions } = feed.next(model?.score ?? null, model?.modelId ?? '')
    tell(prediction.occurredAtMs)
    driver.produce('predictions', prediction.userId, prediction)
    const lateMs = late !== undefined && asked >= late.from && asked < late.to ? late.byMs : 0
    later.push(...interactions.map((one) => ({ ...one, occurredAtMs: one.occurredAtMs + lateMs })))
    if (asked % 20 === 0) await driver.settle()
  }
  tell(Infinity)
  await driver.settle()
  await trainer.stop()
  return driver
}

const movesOf = (driver: TopologyTestDriver) => driver.records('models').map(({ value }) => value!)
const promotedIn = (driver: TopologyTestDriver) => movesOf(driver).filter(({ stage }) => stage === 'champion')
const driftIn = (driver: TopologyTestDriver) =>
  driver
    .records('drift')
    .map(({ value }) => value!)
    .filter((event) => !isRetrainEvent(event))

describe('the whole trainer, in memory', () => {
  it('makes models of predictions and interactions, sees the turn of tastes, and answers it', async () => {
    const driver = await play(1, { requests: 3_600, turnAfter: 1_800 })
    const promoted = promotedIn(driver)
    const [drift, ...more] = driftIn(driver)
    expect(more).toEqual([])
    expect(drift).toMatchObject({ kind: 'concept', monitor: 'overclaim:click', detector: 'adwin' })
    expect(drift!.occurredAtMs).toBeGreaterThan(START_MS + 1_800 * 5_000)
    const answer = movesOf(driver).find(({ reason }) => reason.startsWith('Answer to the concept drift'))!
    expect(promoted.map(({ modelId }) => modelId)).toContain(answer.modelId)
    expect(promoted.length).toBeGreaterThanOrEqual(3)
    for (const [at, { manifest }] of promoted.entries()) {
      const paired = at === 0 ? [] : ['logLossToChampion', 'logLossToChampionError']
      expect(Object.keys(parseManifest(manifest).metrics).sort()).toEqual(
        ['auc', 'calibration', 'examples', 'logLoss', 'normalizedEntropy', ...paired].sort(),
      )
    }
    // One champion at the end, and every candidate found its end but the last.
    const last = new Map(movesOf(driver).map(({ modelId, stage }) => [modelId, stage]))
    expect([...last.values()].filter((stage) => stage === 'champion')).toHaveLength(1)
    expect([...last.values()].filter((stage) => stage === 'candidate').length).toBeLessThanOrEqual(1)
  })

  it('takes an outage of the phones for no drift: what is shown too late is no example', async () => {
    const late = { from: 1_000, to: 1_300, byMs: 15 * 60_000 }
    const driver = await play(4, { requests: 2_000, late })
    expect(driftIn(driver)).toEqual([])
    const examples = driver.records('examples').map(({ value }) => value!)
    const numbers = new Set(examples.map(({ requestId }) => Number(requestId.slice(1))))
    expect([late.from - 1, late.from, late.to - 1, late.to].map((asked) => numbers.has(asked))).toEqual([
      true,
      false,
      false,
      true,
    ])
    const promoted = promotedIn(driver)
    expect(promoted.length).toBeGreaterThanOrEqual(2)
    for (const { manifest } of promoted)
      expect(parseManifest(manifest).metrics['normalizedEntropy']).toBeLessThan(1)
  })

  it('does the same again from the same seed, bit for bit', async () => {
    const digests = [await play(2, { requests: 700 }), await play(2, { requests: 700 })].map((driver) =>
      driver.digest(),
    )
    expect(digests[0]).toBe(digests[1])
  })

  it('goes on after it was killed: knows the champion, learned again, no example counts twice', async () => {
    const driver = await play(3, { requests: 1_500, crashAfter: 750 })
    const moves = movesOf(driver)
    const ids = promotedIn(driver).map(({ modelId }) => modelId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThanOrEqual(2)
    // The second trainer compared with the champion of the first, and trained on examples of before.
    const learned = moves
      .filter(({ stage }) => stage === 'candidate')
      .map(({ manifest }) => parseManifest(manifest).trainedOn)
    expect(learned.at(-1)!.fromMs).toBe(learned[0]!.fromMs)
    expect(moves.filter(({ reason }) => reason.startsWith('First model:')).length).toBe(1)
    expect(driftIn(driver)).toEqual([])
    const labels = new Map<string, string>()
    for (const { value } of driver.records('examples')) {
      const found = labels.get(value!.exampleId)
      if (found === undefined) labels.set(value!.exampleId, JSON.stringify(value!.labels))
    }
    expect(labels.size).toBeGreaterThan(5_000)
  })
})
