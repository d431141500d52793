import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ftrlConfigSchema, type FtrlConfig } from '../config.ts'
import { learnerConformance } from '../testing/learner-conformance.ts'
import { createFtrl } from './ftrl.ts'

interface ReferenceCase {
  name: string
  options: FtrlConfig
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

learnerConformance('FTRL', (width) => createFtrl(ftrlConfigSchema.parse({}), width))

describe("FTRL is River's", () => {
  it.each(cases)('$name', ({ options, vectors, labels, importances, weights, predictions }) => {
    const width = weights.length - 1
    const learner = createFtrl(options, width)
    vectors.forEach((vector, at) => {
      const score = learner.update(vector.slice(0, width), labels[at]!, importances[at]!)
      expect(score).toBeCloseTo(predictions[at]!, 10)
    })
    const snapshot = learner.snapshot()
    weights.slice(0, width).forEach((weight, at) => expect(snapshot.weights[at]).toBeCloseTo(weight, 10))
    expect(snapshot.bias).toBeCloseTo(weights[width]!, 10)
  })

  it('has weights that are exactly 0 under a strong l1', () => {
    const strong = cases.find(({ options }) => options.l1 > 1)!
    expect(strong.weights.some((weight) => weight === 0)).toBe(true)
  })
})
