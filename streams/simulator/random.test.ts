import { describe, expect, it } from 'vitest'
import { createRandom } from './random.ts'

const draws = (seed: string, count: number) => {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => random.next())
}
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('createRandom', () => {
  it('draws the same for the same seed, on every machine', () => {
    expect(draws('7/items', 1000)).toEqual(draws('7/items', 1000))
    expect(draws('7/items', 3)).toMatchInlineSnapshot(`
      [
        0.10837369272485375,
        0.9022580801974982,
        0.45564092765562236,
      ]
    `)
  })

  it('gives streams of their own to names that differ in one character', () => {
    const [left, right] = [draws('7/outcome/r-1', 2000), draws('7/outcome/r-2', 2000)]
    const correlation = mean(left.map((value, index) => (value - 0.5) * (right[index]! - 0.5))) * 12
    expect(Math.abs(correlation)).toBeLessThan(0.08)
    expect(left.filter((value, index) => value === right[index])).toEqual([])
  })

  it('is uniform over the first draw of many seeds, where outcomes are decided', () => {
    const first = Array.from({ length: 20_000 }, (_, index) => draws(`1/outcome/r${String(index)}`, 1)[0]!)
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => first.filter((x) => Math.floor(x * 10) === tenth).length,
    )
    const chiSquare = tenths.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)
    expect(chiSquare).toBeLessThan(27.9) // 9 degrees of freedom, p = 0.001
  })

  it('has the moments its distributions say', () => {
    const random = createRandom('moments')
    const of = (draw: () => number) => Array.from({ length: 50_000 }, draw)
    const normals = of(() => random.normal())
    expect(mean(normals)).toBeCloseTo(0, 1)
    expect(mean(normals.map((x) => x * x))).toBeCloseTo(1, 1)
    expect(mean(of(() => random.exponential(3)))).toBeCloseTo(3, 1)
    expect(mean(of(() => random.int(5)))).toBeCloseTo(2, 1)
    const sorted = of(() => random.logNormal(8, 0.7)).sort((a, b) => a - b)
    expect(sorted[25_000]! / 8).toBeCloseTo(1, 1)
  })
})
