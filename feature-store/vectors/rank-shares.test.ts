import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRanks } from './rank-shares.ts'

/** By the definition: one look at all others for each. */
function sharesOf(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length
    const equal = values.filter((other) => other === value).length
    return values.length < 2 ? 0.5 : (below + (equal - 1) / 2) / (values.length - 1)
  })
}

const ranks = createRanks()

function ranked(values: readonly number[]): { shares: number[]; mean: number } {
  const shares = new Array<number>(values.length).fill(-1)
  for (const [row, value] of values.entries()) ranks.add(row, value)
  const mean = ranks.end((row, share) => (shares[row] = share))
  return { shares, mean }
}

it('is the share of lower ones, whatever their signs and sizes', () => {
  const few = fc.constantFrom(...[-1.5, -0, 0, 1e-40, 2, 3e38].map(Math.fround))
  const values = fc.array(fc.oneof(fc.float({ noNaN: true }), few), { maxLength: 600 })
  fc.assert(fc.property(values, (all) => void expect(ranked(all).shares).toEqual(sharesOf(all))))
})

it('adds by size, so that the order of rows changes no bit of the mean', () => {
  const values = Array.from({ length: 300 }, (_, n) => Math.fround(Math.sin(n) * 10 ** (n % 7)))
  expect(ranked([...values].reverse()).mean).toBe(ranked(values).mean)
  expect(ranked([]).mean).toBe(0)
})

it('ends with values that are no numbers, too', () => {
  expect(ranked([NaN, 1, NaN]).shares).not.toContain(-1)
})
