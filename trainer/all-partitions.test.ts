import { createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { describe, expect, it } from 'vitest'
import { parseManifest } from '#schemas'
import { type RunningService, streamsConfigSchema } from '#streams'
import { trainerConfigSchema } from './config.ts'
import { fitterInProcess } from './learning/fitter.ts'
import { startTrainer } from './start-trainer.ts'
import { openLinearModel } from './testing/linear-models.ts'
import { createReadyExamples } from './testing/ready-examples.ts'

const START_MS = 1_700_000_000_000
const featureSet = { id: 'fs', names: ['a', 'b', 'c', 'd'], width: 4 }
const promotion = {
  firstCandidateExamples: 400,
  candidateEveryExamples: 400,
  freshExamplesMin: 200,
  freshPositivesMin: 5,
}

/** Trainers that share the partitions of one feed, whose examples come ready made. */
async function startTrainers(count: number, more: Record<string, unknown> = {}) {
  const driver = await createTopologyTestDriver({
    seed: 1,
    startMs: START_MS,
    config: streamsConfigSchema.parse({ kafka: { partitions: 4 } }),
  })
  const next = createReadyExamples({
    seed: 1,
    featureSetId: 'fs',
    width: 4,
    startMs: START_MS,
    everyMs: 1_000,
    users: 40,
  })
  const config = trainerConfigSchema.parse({ learners: [{ use: 'gbdt', trees: 5 }], promotion, ...more })
  const options = { config, featureSet, openModel: openLinearModel, fitter: fitterInProcess }
  const trainers: RunningService[] = []
  async function start(): Promise<RunningService> {
    const trainer = await driver.settleUntil(startTrainer(driver, options))
    await driver.settleUntil(trainer.ready)
    trainers.push(trainer)
    return trainer
  }
  for (let started = 0; started < count; started++) await start()
  return {
    ...{ driver, start, trainers },
    async tell(examples: number) {
      for (let at = 0; at < examples; at++) {
        const example = next()
        driver.produce('examples', example.userId, example)
        if (at % 50 === 0) await driver.settle()
      }
      await driver.settle()
    },
    async stop() {
      for (const trainer of trainers) await driver.settleUntil(trainer.stop())
    },
  }
}

/** Every model that was made, in order. */
const candidatesOf = (driver: TopologyTestDriver) =>
  driver
    .records('models')
    .filter(({ value }) => value?.stage === 'candidate' && value.reason.startsWith('Learned'))
    .map(({ value }) => parseManifest(value!.manifest))
/** Examples it was fitted to. */
const fittedTo = (driver: TopologyTestDriver) =>
  candidatesOf(driver).map(({ trainedOn }) => trainedOn.examples)
const partitionsWritten = (driver: TopologyTestDriver) =>
  new Set(driver.records('examples').map(({ partition }) => partition)).size

describe('whoever leads', () => {
  it.each([1, 2, 3])('learns from the examples of all partitions, of %i trainers', async (count) => {
    const { driver, tell, stop } = await startTrainers(count)
    await tell(1_300)
    expect(partitionsWritten(driver)).toBe(4)
    // 400, and 400 after that: its own partitions alone would have taken longer.
    const fitted = fittedTo(driver)
    expect(fitted[0]).toBeGreaterThanOrEqual(400)
    expect(fitted[0]).toBeLessThan(460)
    expect(fitted.length).toBeGreaterThanOrEqual(2)
    expect(fitted[1]).toBeGreaterThanOrEqual(800)
    await stop()
  })

  it('reads them again when another takes over, and the window beyond what is learned again', async () => {
    const more = {
      window: { kind: 'all', examplesMax: 5_000 },
      limits: { rebuildExamplesMax: 100 },
      promotion: { ...promotion, firstCandidateExamples: 50, candidateEveryExamples: 100 },
    }
    const { driver, tell, start, trainers, stop } = await startTrainers(2, more)
    await tell(1_000)
    for (const trainer of trainers.splice(0)) await driver.settleUntil(trainer.stop())
    const before = fittedTo(driver).length
    await start()
    await start()
    await tell(400)
    const fitted = fittedTo(driver).slice(before)
    expect(fitted[0]).toBeGreaterThan(1_000)
    expect(fitted.at(-1)).toBeLessThanOrEqual(1_400)
    const ids = driver.records('models').map(({ value }) => `${value!.modelId} ${value!.stage}`)
    expect(ids.filter((id) => id.endsWith('champion')).length).toBeGreaterThanOrEqual(1)
    await stop()
  })

  it.each([
    ['as far as its own bound, and thinned again as it was', 4_000, [0, 100]],
    // Partitions have equal shares of it, and unequal numbers of examples.
    [
      'as many as it keeps where nothing is said of it, so that the oldest are missing',
      undefined,
      [100, 700],
    ],
  ] as const)(
    'reads a window again that has thinned its negatives: %s',
    async (_, rebuildExamplesMax, from) => {
      const more = {
        window: { kind: 'all', examplesMax: 1_000, ...(rebuildExamplesMax && { rebuildExamplesMax }) },
        limits: { rebuildExamplesMax: 100 },
        promotion: { ...promotion, firstCandidateExamples: 50, candidateEveryExamples: 100 },
      }
      const { driver, tell, start, trainers, stop } = await startTrainers(1, more)
      await tell(1_700)
      const spans = () => candidatesOf(driver).map(({ trainedOn: { fromMs } }) => (fromMs - START_MS) / 1_000)
      expect(spans().at(-1)).toBe(0)
      await driver.settleUntil(trainers.pop()!.stop())
      const before = spans().length
      await start()
      await tell(300)
      const after = spans().slice(before)
      expect(after[0]).toBeGreaterThanOrEqual(from[0])
      expect(after[0]).toBeLessThan(from[1])
      await stop()
    },
  )
})
