import { describe, expect, it } from 'vitest'
import { createRandom } from '#streams'
import { columnGroups } from './column-groups.ts'
import { createSmote, type Pool } from './smote.ts'

/** Two clusters on a line, each with its own name; the last row lacks a value. */
const ROWS = [
  [0, 10, 1, 0],
  [1, 20, 1, 0],
  [2, 30, 1, 0],
  [100, 500, 0, 1],
  [101, 510, 0, 1],
  [102, Number.NaN, 0, 1],
]
const pool: Pool = { count: ROWS.length, width: 4, vectors: Float32Array.from(ROWS.flat()) }
const groups = [
  { columns: [0], isNominal: false },
  { columns: [1], isNominal: false },
  { columns: [2, 3], isNominal: true },
]
const smote = (seed: string, neighbours = 2) =>
  createSmote(pool, groups, { neighbours, chance: createRandom(seed).next })

describe('SMOTE-NC', () => {
  it('draws between a row and one of its nearest, and takes names over whole', () => {
    const made = smote('1')
    const others = new Set<number>()
    for (let n = 0; n < 200; n++) {
      const { vector, base, other } = made.mock(n % 3)
      others.add(other)
      expect(other).toBeLessThan(3)
      const [a, b] = [ROWS[base]!, ROWS[other]!]
      const place = (vector[0]! - a[0]!) / (b[0]! - a[0]!)
      expect(place).toBeGreaterThanOrEqual(0)
      expect(place).toBeLessThan(1)
      // The same place on every quantity: a point of the line between the two.
      expect(vector[1]).toBeCloseTo(a[1]! + place * (b[1]! - a[1]!), 3)
      expect([...vector.subarray(2)]).toEqual([1, 0])
    }
    expect(others).toEqual(new Set([0, 1, 2]))
  })

  it('leaves a value alone that either lacks', () => {
    const made = smote('2', 1)
    expect(made.mock(5).vector[1]).toBeNaN()
    expect(made.mock(4)).toMatchObject({ other: 3 })
  })

  it('takes the commonest name of the neighbours, its own when they disagree evenly', () => {
    const named: Pool = { count: 4, width: 2, vectors: Float32Array.from([0, 7, 1, 8, 2, 8, 50, 9]) }
    const by = (neighbours: number) =>
      createSmote(
        named,
        [
          { columns: [0], isNominal: false },
          { columns: [1], isNominal: true },
        ],
        {
          neighbours,
          chance: () => 0,
        },
      )
    expect(by(2).mock(0).vector[1]).toBe(8)
    expect(by(2).mock(3).vector[1]).toBe(8)
    const split: Pool = { count: 3, width: 1, vectors: Float32Array.from([7, 7, 8]) }
    const even = createSmote(split, [{ columns: [0], isNominal: true }], { neighbours: 2, chance: () => 0 })
    expect(even.mock(0).vector[0]).toBe(7)
  })

  it('is the same again', () => {
    const drawn = () => {
      const made = smote('3')
      return Array.from({ length: 20 }, (_, n) => [...made.mock(n % 5).vector])
    }
    expect(drawn()).toEqual(drawn())
  })
})

it('tells names from quantities by their values, and buckets by what the feature set says', () => {
  const rows = { vectors: Float32Array.from([0, 1, 5, 3, 1, 0, 6, 4, 1, 0, 7, 5]), count: 3, width: 4 }
  const definitions = [
    { at: 0, names: ['a', 'b'] },
    { at: 2, names: ['c'] },
    { at: 3, names: ['d'] },
  ]
  expect(
    columnGroups(definitions, [{ columns: [3], range: 10 }], rows).map(({ isNominal }) => isNominal),
  ).toEqual([true, false, true])
})
