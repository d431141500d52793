import { describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { forecastQuality } from '../metrics/index.ts'
import { createFactors } from './fm/factors.ts'
import { createFm, fmConfigSchema } from './fm.ts'
import { createDraws } from './gbdt/seeded-draws.ts'
import { sigmoid } from './learner.ts'

const [COUNT, FACTORS] = [6, 3]
const terms = { factors: FACTORS, alpha: 0.1, l2: 0, deviation: 0.5 }
/** The bias, which goes together with none. */
const WITHOUT = 2
const at = Int32Array.of(0, 1, WITHOUT, 4, 5)
const values = Float64Array.of(0.7, -1.3, 1, 1, 1)

function drawnFactors() {
  const factors = createFactors({ count: COUNT, lengthMax: 5, without: WITHOUT }, terms, createDraws(3))
  factors.sum(5, at, values)
  factors.learn(0)
  return factors
}

/** The sum over pairs, as equation 1 has it. */
function sumOverPairs(rows: Float32Array): number {
  let sum = 0
  for (let i = 0; i < at.length; i++)
    for (let j = i + 1; j < at.length; j++) {
      if (at[i] === WITHOUT || at[j] === WITHOUT) continue
      for (let f = 0; f < FACTORS; f++)
        sum += rows[at[i]! * FACTORS + f]! * rows[at[j]! * FACTORS + f]! * values[i]! * values[j]!
    }
  return sum
}

describe('the factors of a factorisation machine', () => {
  it('begin as the seed says, and sum up over all pairs', () => {
    const factors = drawnFactors()
    expect(factors.rows).toEqual(drawnFactors().rows)
    expect(factors.rows.subarray(0, FACTORS).every((value) => value !== 0)).toBe(true)
    for (const unseen of [WITHOUT, 3])
      expect([...factors.rows.slice(unseen * FACTORS, (unseen + 1) * FACTORS)]).toEqual([0, 0, 0])
    expect(factors.sum(5, at, values)).toBeCloseTo(sumOverPairs(factors.rows), 12)
  })

  it('have the gradient that central differences give', () => {
    const factors = drawnFactors()
    for (const place of [0, 1, 3, 4]) {
      for (let factor = 0; factor < FACTORS; factor++) {
        const change = 2 ** -10
        const of = at[place]! * FACTORS + factor
        const before = factors.rows[of]!
        const sumWith = (value: number) => {
          factors.rows[of] = value
          return factors.sum(5, at, values)
        }
        // Float32 numbers: what was really changed counts.
        const [up, down] = [Math.fround(before + change), Math.fround(before - change)]
        const slope = (sumWith(up) - sumWith(down)) / (up - down)
        factors.rows[of] = before
        factors.sum(5, at, values)
        expect(factors.gradientAt(place, factor)).toBeCloseTo(slope, 9)
      }
    }
  })

  it('go down the slope', () => {
    const factors = drawnFactors()
    const before = factors.sum(5, at, values)
    factors.learn(1)
    expect(factors.sum(5, at, values)).toBeLessThan(before)
  })
})

describe('a factorisation machine', () => {
  it('learns which ids go together, which a linear model cannot', () => {
    const chance = createChance(5)
    const [IDS, GROUPS] = [20, 2]
    const task = {
      width: 2,
      graphName: 'fm',
      columns: ['user', 'item'],
      buckets: [
        { columns: [0], range: IDS + 1 },
        { columns: [1], range: IDS + 1 },
      ],
    }
    const learner = createFm(fmConfigSchema.parse({ alpha: 0.2 }), task)
    const forecasts = Array.from({ length: 30_000 }, () => {
      const [user, item] = [Math.floor(chance() * IDS), Math.floor(chance() * IDS)]
      const label = chance() < sigmoid(user % GROUPS === item % GROUPS ? 2 : -2) ? 1 : 0
      return { score: learner.update({ vector: [user + 1, item + 1], label }), label } as const
    })
    expect(forecastQuality(forecasts.slice(-5_000)).normalizedEntropy).toBeLessThan(0.65)
  })
})
