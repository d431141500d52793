import { describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import type {
  AnyLearnerEntry,
  FitOptions,
  LearnerTask,
  OnlineLearner,
  StackedLearner,
  TrainedModel,
  TrainingRows,
} from '../learners/learner.ts'
import { sigmoid } from '../learners/learner.ts'
import { forecastQuality } from '../metrics/index.ts'
import { interpretGraph } from './graph-interpreter.ts'

/** Log-odds of a positive: this times the vector, and a bias. */
export const TRUTH = [1.5, -1, 0, 0.5]
const BIAS = -2
const TASK: LearnerTask = { width: TRUTH.length, graphName: 'conformance' }

export interface DrawnRow {
  vector: number[]
  label: 0 | 1
}

/** Rows of a logistic law. Numbers are float32, as in vectors. */
export function drawRows(seed: number, count: number): DrawnRow[] {
  const chance = createChance(seed)
  return Array.from({ length: count }, () => {
    const vector = TRUTH.map(() => (chance() < 0.5 ? 0 : Math.fround(chance() * 2 - 1)))
    const logit = vector.reduce((sum, value, at) => sum + value * TRUTH[at]!, BIAS)
    return { vector, label: chance() < sigmoid(logit) ? 1 : 0 }
  })
}

/** Drawn rows as batch learners take them. */
export function trainingRowsOf(
  drawn: readonly DrawnRow[],
  weightOf?: (row: DrawnRow) => number,
): TrainingRows {
  const weights = weightOf === undefined ? {} : { weights: Float32Array.from(drawn, weightOf) }
  return {
    count: drawn.length,
    width: drawn[0]?.vector.length ?? TASK.width,
    vectors: Float32Array.from(drawn.flatMap(({ vector }) => vector)),
    labels: Uint8Array.from(drawn, ({ label }) => label),
    occurredAtMs: Float64Array.from(drawn, (_, at) => at),
    ...weights,
  }
}

interface ModelOptions {
  weightOf?(row: DrawnRow): number
  task?: LearnerTask
  settings?: object
  /** Passes of an online learner. */
  rounds?: number
}

/** A model of these rows, whatever kind of learner it is. */
export async function trainedModelOf(
  entry: AnyLearnerEntry,
  drawn: readonly DrawnRow[],
  { weightOf, task = TASK, settings = {}, rounds = 1, ...options }: ModelOptions & Partial<FitOptions> = {},
): Promise<TrainedModel> {
  const fitOptions = {
    seed: 1,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...options,
  }
  if (entry.kind === 'batch')
    return entry.create(settings, task).fit(trainingRowsOf(drawn, weightOf), fitOptions)
  const learner =
    entry.kind === 'online'
      ? entry.create(settings, task)
      : await ontoFitted(entry.create(settings, task), trainingRowsOf(drawn, weightOf), fitOptions)
  for (let round = entry.kind === 'stacked' ? 1 : 0; round < rounds; round++)
    for (const row of drawn) learner.update({ ...row, weight: weightOf?.(row) ?? 1 })
  return learner.model()
}

async function ontoFitted(learner: StackedLearner, rows: TrainingRows, options: FitOptions) {
  learner.onto((await learner.base.fit(rows, options)).onnx, rows)
  return learner
}

/**
 * What every learner of the list must do, with the settings it has by itself.
 *
 * @param overfitting settings with which it learns 100 rows by heart; undefined: it cannot
 */
export function learnerConformance(
  use: string,
  entry: AnyLearnerEntry,
  { overfitting }: { overfitting?: object | undefined } = {},
): void {
  modelConformance(use, entry)
  tableConformance(use, entry)
  if (overfitting !== undefined) overfitsConformance(use, entry, overfitting)
  if (entry.kind !== 'batch') onlineConformance(use, (width) => entry.create({}, { ...TASK, width }))
  if (entry.kind !== 'online') fitConformance(use, entry)
}

function modelConformance(use: string, entry: AnyLearnerEntry): void {
  const fresh = drawRows(100, 5_000)
  const vectors = trainingRowsOf(fresh).vectors
  const qualityOf = ({ scoresOf }: TrainedModel) => {
    const scores = scoresOf(vectors)
    return forecastQuality(fresh.map(({ label }, at) => ({ score: scores[at]!, label })))
  }

  describe(`${use} is a learner`, () => {
    it('refuses a setting it does not know', () => {
      expect(entry.settings.safeParse({}).success).toBe(true)
      expect(entry.settings.safeParse({ no_such_setting: 1 }).success).toBe(false)
    })

    it('is as good as the base rate, or better, and honest', async () => {
      const quality = qualityOf(await trainedModelOf(entry, drawRows(1, 20_000)))
      expect(quality.normalizedEntropy).toBeLessThan(1.005)
      // What the judge allows, as the configuration stands.
      expect(Math.abs(quality.calibration! - 1)).toBeLessThan(0.3)
    })

    it('makes the same file from the same rows, and says what it was made of', async () => {
      const [one, two] = [
        await trainedModelOf(entry, drawRows(4, 300)),
        await trainedModelOf(entry, drawRows(4, 300)),
      ]
      expect(one.onnx).toEqual(two.onnx)
      expect(one.scoresOf(vectors)).toEqual(two.scoresOf(vectors))
      expect(one.facts).toEqual(two.facts)
      expect(one.facts.examples).toBe(300)
      expect(one.facts.rounds).toBeGreaterThanOrEqual(1)
      expect(one.facts.parameters).toBeGreaterThanOrEqual(1)
    })

    it('heeds weights', async () => {
      const weightOf = ({ label }: DrawnRow) => (label === 1 ? 3 : 1)
      const even = await trainedModelOf(entry, drawRows(6, 3_000))
      const uneven = await trainedModelOf(entry, drawRows(6, 3_000), { weightOf })
      expect(qualityOf(uneven).calibration).toBeGreaterThan(1.5 * qualityOf(even).calibration!)
    })

    it.each([
      ['one row', drawRows(8, 1)],
      ['no positive', drawRows(8, 500).map((row) => ({ ...row, label: 0 as const }))],
      ['no negative', drawRows(8, 500).map((row) => ({ ...row, label: 1 as const }))],
      ['huge numbers', drawRows(8, 200).map((row) => ({ ...row, vector: [1e6, -1e6, 0, 1e-6] }))],
    ])('gives probabilities after %s', async (_, drawn) => {
      const { scoresOf } = await trainedModelOf(entry, drawn)
      for (const score of [...scoresOf(vectors), ...scoresOf(trainingRowsOf(drawn).vectors)]) {
        expect(score).toBeGreaterThanOrEqual(0)
        expect(score).toBeLessThanOrEqual(1)
      }
    })
  })
}

/** What tables may be like. */
function tableConformance(use: string, entry: AnyLearnerEntry): void {
  const drawn = drawRows(12, 1_000)
  const vectors = trainingRowsOf(drawn).vectors
  const shareOf = (rows: readonly DrawnRow[]) => rows.filter(({ label }) => label === 1).length / rows.length

  describe(`${use} takes a table as it is`, () => {
    it('scores alike whatever the order of the columns', async () => {
      const turned = drawn.map((row) => ({ ...row, vector: row.vector.toReversed() }))
      const task = { ...TASK, columns: ['a', 'b', 'c', 'd'] }
      const one = await trainedModelOf(entry, drawn, { task })
      const turnedTask = { ...task, columns: task.columns.toReversed() }
      const two = await trainedModelOf(entry, turned, { task: turnedTask })
      const [scores, others] = [one.scoresOf(vectors), two.scoresOf(trainingRowsOf(turned).vectors)]
      scores.forEach((score, at) => expect(others[at]).toBeCloseTo(score, 5))
    })

    it('has what it knows in its file', async () => {
      const { onnx, scoresOf } = await trainedModelOf(entry, drawn)
      const read = interpretGraph(onnx)(vectors, TASK.width)
      scoresOf(vectors).forEach((score, at) => expect(read[at]).toBeCloseTo(score, 6))
    })

    it('says the share of positives when all columns are constant', async () => {
      const constant = drawn.map((row) => ({ ...row, vector: [0, 0, 0, 0] }))
      const [score] = (await trainedModelOf(entry, constant)).scoresOf(new Float32Array(TASK.width))
      expect(Math.abs(score! - shareOf(constant))).toBeLessThan(0.05)
    })

    it('learns from rows in which values are missing (NaN)', async () => {
      const chance = createChance(13)
      const holed = drawn.map((row) => ({
        ...row,
        vector: row.vector.map((value) => (chance() < 0.3 ? NaN : value)),
      }))
      const scores = (await trainedModelOf(entry, holed)).scoresOf(vectors)
      const quality = forecastQuality(drawn.map(({ label }, at) => ({ score: scores[at]!, label })))
      expect(quality.normalizedEntropy).toBeLessThan(1.01)
    })

    if (entry.kind === 'online') return
    it('says what is wrong with an empty window', async () => {
      await expect(trainedModelOf(entry, [])).rejects.toMatchObject({ code: 'fit_empty' })
    })
  })
}

function overfitsConformance(use: string, entry: AnyLearnerEntry, settings: object): void {
  it(`${use} learns 100 rows by heart`, async () => {
    const rows = drawRows(14, 100).map((row) => {
      const logit = row.vector.reduce((sum, value, at) => sum + value * TRUTH[at]!, 0)
      return { ...row, label: logit > 0.1 ? (1 as const) : (0 as const) }
    })
    const scores = (await trainedModelOf(entry, rows, { settings, rounds: 100 })).scoresOf(
      trainingRowsOf(rows).vectors,
    )
    const quality = forecastQuality(rows.map(({ label }, at) => ({ score: scores[at]!, label })))
    expect(quality.normalizedEntropy).toBeLessThan(0.2)
  })
}

function onlineConformance(use: string, create: (width: number) => OnlineLearner): void {
  const trained = (seed: number, count: number) => {
    const learner = create(TRUTH.length)
    for (const row of drawRows(seed, count)) learner.update(row)
    return learner
  }

  describe(`${use} learns online`, () => {
    it('knows nothing at first', () => {
      expect(create(3).predict([1, 2, 3])).toBe(0.5)
      expect(create(3).examples).toBe(0)
    })

    it('answers from its model', () => {
      const learner = trained(2, 500)
      const drawn = drawRows(3, 50)
      const scores = learner.model().scoresOf(trainingRowsOf(drawn).vectors)
      drawn.forEach(({ vector }, at) => expect(learner.predict(vector)).toBeCloseTo(scores[at]!, 6))
    })

    it('gives the prediction it made before it learned', () => {
      const learner = trained(5, 300)
      const before = learner.predict([1, 0, -1, 0])
      expect(learner.update({ vector: [1, 0, -1, 0], label: 1 })).toBe(before)
      expect(learner.predict([1, 0, -1, 0])).toBeGreaterThan(before)
    })

    it('moves more for a heavier example', () => {
      const [light, heavy] = [trained(6, 300), trained(6, 300)]
      light.update({ vector: [1, 1, 0, 0], label: 1, weight: 1 })
      heavy.update({ vector: [1, 1, 0, 0], label: 1, weight: 3 })
      expect(heavy.predict([1, 1, 0, 0])).toBeGreaterThan(light.predict([1, 1, 0, 0]))
    })

    it('keeps what it knows and learns faster when it forgets', () => {
      const [steady, restless] = [trained(7, 10_000), trained(7, 10_000)]
      const before = drawRows(9, 50).map(({ vector }) => restless.predict(vector))
      restless.forget(0.01)
      drawRows(9, 50).forEach(({ vector }, at) =>
        expect(restless.predict(vector)).toBeCloseTo(before[at]!, 10),
      )
      for (let times = 0; times < 20; times++) {
        steady.update({ vector: [1, 0, 0, 0], label: 0 })
        restless.update({ vector: [1, 0, 0, 0], label: 0 })
      }
      expect(restless.predict([1, 0, 0, 0])).toBeLessThan(steady.predict([1, 0, 0, 0]))
    })

    it('stays a probability, whatever it is shown', () => {
      const learner = create(2)
      for (let times = 0; times < 200; times++)
        learner.update({ vector: [1e6, -1e6], label: times % 2 === 0 ? 1 : 0 })
      expect(learner.predict([1e6, 1e6])).toBeGreaterThanOrEqual(0)
      expect(learner.predict([1e6, 1e6])).toBeLessThanOrEqual(1)
    })
  })
}

function fitConformance(use: string, entry: AnyLearnerEntry): void {
  describe(`${use} learns from many rows`, () => {
    it('tells how far it is, never back, and ends at 1', async () => {
      const told: number[] = []
      await trainedModelOf(entry, drawRows(10, 500), { progress: (share) => told.push(share) })
      expect(told.at(-1)).toBe(1)
      expect([...told].sort((left, right) => left - right)).toEqual(told)
      expect(told.every((share) => share >= 0 && share <= 1)).toBe(true)
    })

    it('leaves its rows as they were', async () => {
      if (entry.kind === 'online') return
      const learner = entry.create({}, TASK)
      const rows = trainingRowsOf(drawRows(11, 200), () => 2)
      const before = structuredClone(rows)
      const options = { seed: 1, signal: new AbortController().signal, progress: () => undefined }
      await ('base' in learner ? learner.base : learner).fit(rows, options)
      expect(rows).toEqual(before)
    })
  })
}
