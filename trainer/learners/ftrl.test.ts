import { readFileSync } from 'node:fs'
import { createChance } from '#schemas/testing'
import { describe, expect, it } from 'vitest'
import { drawRows, TRUTH } from '../testing/learner-conformance.ts'
import { createFtrl, type FtrlConfig, ftrlConfigSchema } from './ftrl.ts'
import { sigmoid } from './learner.ts'

interface ReferenceCase {
  name: string
  options: Omit<FtrlConfig, 'sightingsMin'>
  /** The last number is the constant 1. */
  vectors: number[][]
  labels: (0 | 1)[]
  importances: number[]
  /** The last one is the bias. */
  weights: number[]
  predictions: number[]
}
const { cases } = JSON.parse(readFileSync(new URL('./reference/ftrl.json', import.meta.url), 'utf8')) as {
  cases: ReferenceCase[]
}

const task = (width: number) => ({ width, graphName: 'ftrl' })

function trained(seed: number, count: number) {
  const learner = createFtrl(ftrlConfigSchema.parse({}), task(TRUTH.length))
  for (const example of drawRows(seed, count)) learner.update(example)
  return learner
}

describe('FTRL is linear', () => {
  it('has no weights at first', () => {
    const learner = createFtrl(ftrlConfigSchema.parse({}), task(3))
    expect(learner.weights()).toEqual({ weights: new Float64Array(3), bias: 0 })
  })

  it('finds the signs of the truth and the base rate', () => {
    const { weights, bias } = trained(1, 20_000).weights()
    expect(weights[0]).toBeGreaterThan(0.8)
    expect(weights[1]).toBeLessThan(-0.5)
    expect(Math.abs(weights[2]!)).toBeLessThan(0.3)
    expect(weights[3]).toBeGreaterThan(0.1)
    expect(Math.abs(sigmoid(bias) - sigmoid(-2))).toBeLessThan(0.05)
  })

  it('answers from its weights', () => {
    const learner = trained(2, 500)
    const { weights, bias } = learner.weights()
    for (const { vector } of drawRows(3, 50)) {
      const logit = vector.reduce((sum, value, at) => sum + value * weights[at]!, bias)
      expect(learner.predict(vector)).toBeCloseTo(sigmoid(logit), 12)
    }
  })

  it('keeps its weights when it forgets', () => {
    const learner = trained(7, 10_000)
    const before = learner.weights()
    learner.forget(0.01)
    const after = learner.weights()
    after.weights.forEach((weight, at) => expect(weight).toBeCloseTo(before.weights[at]!, 12))
    expect(after.bias).toBeCloseTo(before.bias, 12)
  })

  it('has finite weights, whatever it is shown', () => {
    const learner = createFtrl(ftrlConfigSchema.parse({}), task(2))
    for (let times = 0; times < 200; times++)
      learner.update({ vector: [1e6, -1e6], label: times % 2 === 0 ? 1 : 0 })
    const { weights, bias } = learner.weights()
    expect([...weights, bias].every(Number.isFinite)).toBe(true)
  })
})

describe('FTRL has a weight per bucket', () => {
  const config = ftrlConfigSchema.parse({ sightingsMin: 1 })
  const buckets = [{ columns: [1], range: 9 }]

  it('that a column of 0 and 1 would have', () => {
    const chance = createChance(4)
    const learner = createFtrl(config, { ...task(2), buckets })
    const wide = createFtrl(config, task(9))
    for (let row = 0; row < 2_000; row++) {
      const [quantity, bucket] = [chance() * 2 - 1, Math.floor(chance() * 9)]
      const label = chance() < 0.1 * bucket ? 1 : 0
      const oneHot = Array.from({ length: 8 }, (_, at) => (at + 1 === bucket ? 1 : 0))
      const score = learner.update({ vector: [quantity, bucket], label })
      expect(wide.update({ vector: [quantity, ...oneHot], label })).toBeCloseTo(score, 12)
    }
    const { tables, weights } = learner.weights()
    expect(tables?.[0]?.rows[0]).toBe(0)
    const expected = wide.weights().weights
    expect(weights[0]).toBeCloseTo(expected[0]!, 12)
    tables?.[0]?.rows.subarray(1).forEach((weight, at) => expect(weight).toBeCloseTo(expected[at + 1]!, 6))
  })

  it('when it was seen often enough, and as much memory as was said', () => {
    const learner = createFtrl({ ...config, sightingsMin: 3 }, { ...task(2), buckets })
    const weightOf = (bucket: number) => learner.weights().tables![0]!.rows[bucket]
    const see = (bucket: number) => learner.update({ vector: [0, bucket], label: 1 })
    for (const bucket of [5, 5, 6]) see(bucket)
    expect([weightOf(5), weightOf(6)]).toEqual([0, 0])
    expect(learner.model().facts.parameters).toBe(2)
    see(5)
    expect(weightOf(5)).toBeGreaterThan(0)
    expect(weightOf(6)).toBe(0)
    expect(learner.model().facts.parameters).toBe(3)
    for (let times = 0; times < 300; times++) see(5)
    expect(learner.model().facts.parameters).toBe(3)
  })

  it('that stays when it forgets', () => {
    const learner = createFtrl(config, { ...task(2), buckets })
    for (let times = 0; times < 50; times++) learner.update({ vector: [1, 3], label: 1 })
    const before = learner.predict([1, 3])
    learner.forget(0.01)
    expect(learner.predict([1, 3])).toBeCloseTo(before, 10)
  })
})

describe("FTRL is River's", () => {
  it.each(cases)('$name', ({ options, vectors, labels, importances, weights, predictions }) => {
    const width = weights.length - 1
    const learner = createFtrl(ftrlConfigSchema.parse(options), task(width))
    vectors.forEach((vector, at) => {
      const score = learner.update({
        vector: vector.slice(0, width),
        label: labels[at]!,
        weight: importances[at]!,
      })
      expect(score).toBeCloseTo(predictions[at]!, 10)
    })
    const snapshot = learner.weights()
    weights.slice(0, width).forEach((weight, at) => expect(snapshot.weights[at]).toBeCloseTo(weight, 10))
    expect(snapshot.bias).toBeCloseTo(weights[width]!, 10)
  })

  it('has weights that are exactly 0 under a strong l1', () => {
    const strong = cases.find(({ options }) => options.l1 > 1)!
    expect(strong.weights.some((weight) => weight === 0)).toBe(true)
  })
})
