import { expect, it } from 'vitest'
import { sampleTrainingExample } from '../testing/sample-training-example.ts'
import { decayedWeights, fadedBefore, rowsOf } from './rows.ts'

const examples = [
  sampleTrainingExample({ vector: [1, 2], flags: [0, 1], label: 1, itemId: 'a', occurredAtMs: 0 }),
  sampleTrainingExample({ vector: [3, 4], propensity: 0.5, userId: 'u', occurredAtMs: 60_000 }),
]

it('lays examples out row by row', () => {
  const rows = rowsOf(examples, { width: 2 })
  expect(rows).toMatchObject({ count: 2, width: 2 })
  expect([...rows.vectors]).toEqual([1, 2, 3, 4])
  expect([...rows.labels]).toEqual([1, 0])
  expect([...rows.flags!]).toEqual([0, 1, 0, 0])
  expect([...rows.propensities!]).toEqual([1, 0.5])
  expect(rows.itemIds![0]).toBe('a')
  expect(rows.userIds![1]).toBe('u')
  expect(rows.weights).toBeUndefined()
})

it('halves a weight with every half-life before the youngest', () => {
  expect([...rowsOf(examples, { width: 2, halfLifeMinutes: 1 }).weights!]).toEqual([0.5, 1])
  expect([...decayedWeights(Float64Array.of(120_000, 0, 60_000), 0.5)]).toEqual([1, 1 / 16, 0.25])
})

it('keeps a share of the weight of what came before a moment', () => {
  const rows = rowsOf(examples, { width: 2, halfLifeMinutes: 1 })
  expect([...fadedBefore(60_000, rows, 0.5).weights!]).toEqual([0.25, 1])
  expect(fadedBefore(0, rows, 0.5)).toBe(rows)
})
