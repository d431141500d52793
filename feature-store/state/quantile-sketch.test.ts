import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BIN_NUMBERS_MAX, BINS_MAX, quantileSketch } from './quantile-sketch.ts'

const ACCURACY = 0.02
const sketch = quantileSketch(ACCURACY)
const values = fc.array(
  fc.oneof(fc.double({ min: -1e12, max: 1e12, noNaN: true }), fc.integer({ min: -50, max: 50 })),
  {
    minLength: 1,
    maxLength: 60,
  },
)
const binsOf = (list: readonly number[]) => {
  const bins: number[] = []
  for (const value of list) sketch.add(bins, value)
  return bins
}

describe('quantile sketch', () => {
  it('leaves the same bins in any order', () => {
    fc.assert(
      fc.property(values, (list) => {
        expect(binsOf([...list].reverse())).toEqual(binsOf(list))
        expect(binsOf([...list].sort((a, b) => a - b))).toEqual(binsOf(list))
      }),
    )
  })

  it('is within its accuracy of the value at the rank, of all tiles together', () => {
    const modest = fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 1, maxLength: 80 })
    fc.assert(
      fc.property(
        modest,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 80 }),
        (list, q, cut) => {
          const found = sketch.quantile([binsOf(list.slice(0, cut)), binsOf(list.slice(cut))], q)!
          const sorted = [...list].sort((a, b) => a - b)
          const rank = q * (sorted.length - 1)
          const near = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!]
          expect(near.some((value) => Math.abs(found - value) <= ACCURACY * Math.abs(value) + 1e-9)).toBe(
            true,
          )
        },
      ),
    )
  })

  it('keeps within its bound, and loses the smallest first', () => {
    const wide = Array.from({ length: 1_200 }, (_, n) => 1.05 ** (n - 600))
    const bins = binsOf([...wide, ...wide.map((value) => -value), 0])
    expect(bins.length).toBeLessThanOrEqual(BIN_NUMBERS_MAX)
    const only = binsOf(wide)
    expect(only.length).toBeLessThanOrEqual(2 * BINS_MAX)
    expect(binsOf([...wide].reverse())).toEqual(only)
    expect(sketch.quantile([only], 1)! / 1.05 ** 599).toBeCloseTo(1, 1)
  })

  it('has no quantile of nothing', () => {
    expect(sketch.quantile([], 0.5)).toBeNull()
    expect(sketch.quantile([[]], 0.5)).toBeNull()
  })
})
