import { expect, it } from 'vitest'
import { createBaseRate } from './base-rate.ts'

const options = { seed: 1, signal: new AbortController().signal, progress: () => undefined }
const task = { width: 2, graphName: 'base-rate' }
const rows = {
  count: 3,
  width: 2,
  vectors: Float32Array.of(1, 2, 3, 4, 5, 6),
  labels: Uint8Array.of(1, 0, 0),
}

it('is the share of positives, pulled to the prior', () => {
  const { scoresOf } = createBaseRate({ prior: 0.5, strength: 1 }, task).fit(rows, options)
  const scores = scoresOf(Float32Array.of(0, 0, -9, 9))
  expect(scores).toHaveLength(2)
  for (const score of scores) expect(score).toBeCloseTo((1 + 0.5) / (3 + 1), 7)
})

it('counts a row as often as it weighs', () => {
  const weighted = { ...rows, weights: Float32Array.of(2, 0.5, 0.5) }
  const [score] = createBaseRate({ prior: 0.1, strength: 10 }, task)
    .fit(weighted, options)
    .scoresOf(rows.vectors)
  expect(score).toBeCloseTo((2 + 1) / (3 + 10), 7)
})
