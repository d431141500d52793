import { describe, expect, it } from 'vitest'
import { promotionConfigSchema } from '../config.ts'
import type { Forecast } from '../metrics/index.ts'
import { createChance } from '#schemas/testing'
import { judge, metricsOf, savings } from './promotion.ts'

const config = promotionConfigSchema.parse({})

/** Forecasts of somebody who sees the true probability through noise (log-odds), scaled by `factor`. */
function forecasts(count: number, noise: number, factor = 1): Forecast[] {
  const chance = createChance(1)
  return Array.from({ length: count }, () => {
    const logit = -2 + 2 * (chance() - 0.5)
    const truth = 1 / (1 + Math.exp(-logit))
    const label = chance() < truth ? 1 : 0
    const seen = factor / (1 + Math.exp(-(logit + noise * (chance() - 0.5))))
    return { score: Math.min(0.99, seen), label }
  })
}
const champion = (noise: number, count = 4_000) => ({ modelId: 'old', forecasts: forecasts(count, noise) })

describe('a first model', () => {
  it('serves when it beats the base rate', () => {
    const { promoted, reason, quality } = judge({ candidate: forecasts(4_000, 0), champion: null }, config)
    expect(promoted).toBe(true)
    expect(reason).toMatch(/^First model: normalized entropy 0\.9\d+ on 4000 fresh examples\.$/)
    expect(Object.keys(metricsOf(quality))).toEqual([
      'examples',
      'normalizedEntropy',
      'logLoss',
      'auc',
      'calibration',
    ])
  })
  it('does not when it knows less', () => {
    const { promoted, reason } = judge({ candidate: forecasts(4_000, 4), champion: null }, config)
    expect(promoted).toBe(false)
    expect(reason).toMatch(/^(As a first model it needs less than 1|The mean score is)/)
  })
  it('does not when its scores are too high or too low', () => {
    expect(judge({ candidate: forecasts(4_000, 0, 1.6), champion: null }, config)).toMatchObject({
      promoted: false,
      reason: expect.stringMatching(/^The mean score is 1\.\d\d times the base rate/) as unknown,
    })
    expect(judge({ candidate: forecasts(4_000, 0, 0.5), champion: null }, config).promoted).toBe(false)
  })
  it('proves nothing on labels that are all alike', () => {
    const candidate = [{ score: 0.1, label: 0 }]
    expect(judge({ candidate, champion: null }, config)).toMatchObject({ promoted: false })
  })
})

describe('a candidate against the champion on the same examples', () => {
  it('is promoted when it is clearly better', () => {
    const { promoted, reason } = judge({ candidate: forecasts(4_000, 0), champion: champion(2) }, config)
    expect(promoted).toBe(true)
    expect(reason).toMatch(/^Saves \d+\.\d\d % of the log-loss of old on 4000 fresh examples/)
  })
  it('is rejected when it is no better', () => {
    const same = judge({ candidate: forecasts(4_000, 0), champion: champion(0) }, config)
    expect(same).toMatchObject({ promoted: false })
    expect(same.reason).toMatch(/^Saves too little: 0\.00 %/)
    expect(judge({ candidate: forecasts(4_000, 2), champion: champion(0) }, config).promoted).toBe(false)
  })
  it('is rejected when what it saves may be chance', () => {
    const strict = { ...config, improvementZMin: 50 }
    const { promoted, reason } = judge({ candidate: forecasts(400, 0), champion: champion(2, 400) }, strict)
    expect(promoted).toBe(false)
    expect(reason).toMatch(/^What it saves may be chance/)
  })
})

describe('savings', () => {
  it('are the share of the loss, with the standard errors of the paired difference', () => {
    const half = [
      { score: 0.5, label: 1 },
      { score: 0.5, label: 0 },
    ]
    const better = [
      { score: 0.75, label: 1 },
      { score: 0.25, label: 0 },
    ]
    const { share, z } = savings(better, half)
    expect(share).toBeCloseTo(1 - Math.log(0.75) / Math.log(0.5), 12)
    expect(z).toBe(Infinity)
    expect(savings(half, half)).toEqual({ share: 0, z: 0 })
  })
})
