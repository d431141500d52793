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

describe('a candidate that looks good for the wrong reason', () => {
  /** Rows in which nothing came true, then rows as they are. */
  const straddling = (silent: number, usual: number, score: number): Forecast[] => [
    ...Array.from({ length: silent }, () => ({ score, label: 0 })),
    ...forecasts(usual, 0).map(({ label }) => ({ score, label })),
  ]
  const honest = (silent: number, usual: number): Forecast[] => [
    ...Array.from({ length: silent }, () => ({ score: 0.13, label: 0 })),
    ...forecasts(usual, 0),
  ]

  it('never goes live when its mean score does not fit the newest rows, whatever it saves', () => {
    // Trained on an outage, judged on its end: the mean over all rows fits, that of the newest does not.
    const judged = judge(
      {
        candidate: straddling(3_400, 600, 0.03),
        champion: { modelId: 'old', forecasts: honest(3_400, 600) },
        answers: 'concept',
      },
      config,
    )
    expect(judged.promoted).toBe(false)
    expect(judged.reason).toMatch(
      /^The mean score is 0\.\d\d times the base rate on the newest 500 of 4000 fresh/,
    )
  })

  it('never goes live when the newest rows have no positive, though the others promise some', () => {
    const rows = [...straddling(0, 3_000, 0.11), ...straddling(1_000, 0, 0.0001)]
    const worse = rows.map(({ label }) => ({ score: 0.6, label }))
    const { promoted, reason } = judge(
      { candidate: rows, champion: { modelId: 'old', forecasts: worse } },
      config,
    )
    expect(promoted).toBe(false)
    expect(reason).toMatch(
      /^None of the newest 500 of 4000 fresh examples is positive, though \d+ would be usual/,
    )
  })

  it('and is worse than the base rate goes live only as the answer to a drift whose champion is worse still', () => {
    const [candidate, old] = [forecasts(4_000, 4), champion(9)]
    const inTurn = judge({ candidate, champion: old }, { ...config, calibrationTolerance: 2 })
    expect(inTurn.promoted).toBe(false)
    expect(inTurn.reason).toMatch(/^Worse than the base rate: normalized entropy 1\.\d+ on 4000 fresh/)
    const answer = judge(
      { candidate, champion: old, answers: 'concept' },
      { ...config, calibrationTolerance: 2 },
    )
    expect(answer.promoted).toBe(true)
    expect(answer.reason).toMatch(
      /^Worse than the base rate, but the answer to a concept drift in which the champion is worse still \(normalized entropy 1\.\d+ and [12]\.\d+\): saves/,
    )
    const better = judge(
      { candidate, champion: champion(0), answers: 'concept' },
      { ...config, calibrationTolerance: 2 },
    )
    expect(better.promoted).toBe(false)
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
    expect(savings(half, half)).toEqual({ share: 0, z: 0, mean: 0, error: 0 })
  })
})
