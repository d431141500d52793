import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fade, FADED, remaining, remainingEach } from './decay.ts'

const halfLifeMs = fc.integer({ min: 1_000, max: 86_400_000 })
const elapsedMs = fc.integer({ min: 0, max: 30 * 86_400_000 })

describe('decay', () => {
  it('leaves a half after a half-life, and all of what lies ahead', () => {
    expect(remaining(1_000, 1_000)).toBeCloseTo(0.5, 15)
    expect(remaining(0, 1_000)).toBe(1)
    expect(remaining(-1, 1_000)).toBe(1)
  })

  it('fades in two steps as in one, up to rounding', () => {
    fc.assert(
      fc.property(elapsedMs, elapsedMs, halfLifeMs, (one, other, halfLife) => {
        const [steps, whole] = [
          remaining(one, halfLife) * remaining(other, halfLife),
          remaining(one + other, halfLife),
        ]
        expect(Math.abs(steps - whole)).toBeLessThanOrEqual(1e-12 * whole + Number.MIN_VALUE)
      }),
      { seed: 1, numRuns: 1_000 },
    )
  })

  it('never grows, never falls below nothing, and falls with time', () => {
    fc.assert(
      fc.property(elapsedMs, elapsedMs, halfLifeMs, (one, other, halfLife) => {
        const [sooner, later] = [Math.min(one, other), Math.max(one, other)]
        expect(remaining(later, halfLife)).toBeLessThanOrEqual(remaining(sooner, halfLife))
        expect(remaining(later, halfLife)).toBeGreaterThanOrEqual(0)
        expect(remaining(sooner, halfLife)).toBeLessThanOrEqual(1)
      }),
      { seed: 2, numRuns: 1_000 },
    )
  })

  it('fades each counter by its own half-life, drops what is nothing, and leaves the others', () => {
    const factors = new Float64Array(2)
    remainingEach(1_000, [1_000, 500], factors)
    const numbers = [7, 8, 8, 8, FADED, 7]
    fade(numbers, 1, [0, 1, -1, 0], factors)
    expect(numbers).toEqual([7, 4, 2, 8, 0, 7].map((value) => expect.closeTo(value, 12) as number))
  })
})
