import { describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import type {
  AnyLearnerEntry,
  FitOptions,
  LearnerTask,
  OnlineLearner,
  TrainedModel,
  TrainingRows,
} from '../learners/learner.ts'
import { sigmoid } from '../learners/learner.ts'
import { forecastQuality } from '../metrics/index.ts'

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
    width: drawn[0]?.vector.length ?? 0,
    vectors: Float32Array.from(drawn.flatMap(({ vector }) => vector)),
    labels: Uint8Array.from(drawn, ({ label }) => label),
    occurredAtMs: Float64Array.from(drawn, (_, at) => at),
    ...weights,
  }
}

/** A model of these rows, whatever kind of learner it is. */
export async function trainedModelOf(
  entry: AnyLearnerEntry,
  drawn: readonly DrawnRow[],
  {
    weightOf,
    task = TASK,
    ...options
  }: { weightOf?(row: DrawnRow): number; task?: LearnerTask } & Partial<FitOptions> = {},
): Promise<TrainedModel> {
  if (entry.kind === 'batch') {
    const fitOptions = {
      seed: 1,
      signal: new AbortController().signal,
      progress: () => undefined,
      ...options,
    }
    return entry.create({}, task).fit(trainingRowsOf(drawn, weightOf), fitOptions)
  }
  const learner = entry.create({}, task)
  for (const row of drawn) learner.update({ ...row, weight: weightOf?.(row) ?? 1 })
  return learner.model()
}

/** What every learner of the list must do, with the settings it has by itself. */
export function learnerConformance(use: string, entry: AnyLearnerEntry): void {
  modelConformance(use, entry)
  if (entry.kind === 'online') onlineConformance(use, (width) => entry.create({}, { ...TASK, width }))
  else batchConformance(use, entry)
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

function batchConformance(use: string, entry: AnyLearnerEntry): void {
  describe(`${use} learns from many rows`, () => {
    it('tells how far it is, never back, and ends at 1', async () => {
      const told: number[] = []
      await trainedModelOf(entry, drawRows(10, 500), { progress: (share) => told.push(share) })
      expect(told.at(-1)).toBe(1)
      expect([...told].sort((left, right) => left - right)).toEqual(told)
      expect(told.every((share) => share >= 0 && share <= 1)).toBe(true)
    })

    it('leaves its rows as they were', async () => {
      if (entry.kind !== 'batch') return
      const rows = trainingRowsOf(drawRows(11, 200), () => 2)
      const before = structuredClone(rows)
      const options = { seed: 1, signal: new AbortController().signal, progress: () => undefined }
      await entry.create({}, TASK).fit(rows, options)
      expect(rows).toEqual(before)
    })
  })
}
