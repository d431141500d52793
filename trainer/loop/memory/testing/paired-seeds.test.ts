import { expect, it } from 'vitest'
import { pairedSeeds, pairedTable, pairsOf, type SeedPair } from './paired-seeds.ts'

const shares = (whole: number) => ({ whole, beforeTurn: whole, atEnd: 1 })
const pairOf = (seed: number, one: number, other: number): SeedPair => ({
  ...{ seed, one: shares(one), other: shares(other) },
})
const pairs = [pairOf(1, 1.02, 1.05), pairOf(2, 1.04, 1.06), pairOf(3, 1.05, 1.04), pairOf(7, 1.01, 1.05)]

it('is the mean of the differences, with an interval that holds it', () => {
  const { seeds, wins, difference, low, high } = pairedSeeds(pairs, 'whole')
  expect([seeds, wins]).toEqual([4, 3])
  expect(difference).toBeCloseTo(-0.02, 10)
  expect(low).toBeLessThan(difference)
  expect(high).toBeGreaterThan(difference)
})

it('is not sure of what all seeds tell alike only when they do', () => {
  const alike = [1, 2, 3, 4].map((seed) => pairOf(seed, 1.02, 1.04))
  expect(pairedSeeds(alike, 'whole').high).toBeCloseTo(-0.02, 10)
  expect(pairedSeeds(pairs, 'atEnd')).toMatchObject({ wins: 0, difference: 0, low: 0, high: 0 })
})

it('is a table with a row per span', () => {
  const table = pairedTable(pairs, { one: 'new', other: 'old' })
  expect(table.columns[0]!.title).toBe('played, seeds 1-3, 7')
  expect(table.rows.map(([name]) => name)).toEqual([
    'the whole run',
    'the fifth before the turn',
    'the last fifth',
  ])
  expect(table.rows[0]!.slice(1, 3)).toEqual([
    [1.02, 1.04, 1.05, 1.01],
    [1.05, 1.06, 1.04, 1.05],
  ])
  expect(table.rows[0]![4]).toBe('3 of 4')
})

it('pairs the seeds that both have played', () => {
  expect(pairsOf({ 1: shares(1), 3: shares(2) }, { 3: shares(4), 5: shares(5) })).toEqual([pairOf(3, 2, 4)])
})
