import { describe, expect, it } from 'vitest'
import { featureRow } from '../testing/feature-row.ts'
import { recentRate } from './index.ts'

const options = { of: ['click'], per: ['view'], prior: 0.2, strength: 1, trials: 4 }
const features = [recentRate({ entity: 'user', ...options })]

/** Rate relative to the prior, from what happened in this order. */
function ratio(...types: string[]): number {
  const happened = types.map((type, minute): [string, number] => [type, minute])
  const [value] = featureRow({ features }, { happened })['user_click_per_view_last_4']!
  return Math.exp(value)
}

const smoothed = (successes: number, trials: number) => (successes + 0.2) / (trials + 1) / 0.2

describe('recent rate', () => {
  it('is the prior before anything is known, and counts only what it is told to', () => {
    expect(ratio()).toBeCloseTo(1, 6)
    expect(ratio('hide', 'like')).toBeCloseTo(1, 6)
  })

  it('fades by trials: each takes a quarter of those before it', () => {
    expect(ratio('view')).toBeCloseTo(smoothed(0, 1), 6)
    expect(ratio('view', 'click')).toBeCloseTo(smoothed(1, 1), 6)
    expect(ratio('view', 'click', 'view')).toBeCloseTo(smoothed(0.75, 1.75), 6)
    expect(ratio('view', 'click', 'view', 'view', 'click')).toBeCloseTo(
      smoothed(0.5625 + 1, 0.5625 + 0.75 + 1),
      6,
    )
  })

  it('takes a type that is trial and success at once', () => {
    const both = [recentRate({ entity: 'user', ...options, of: ['view'], name: 'both' })]
    const [value] = featureRow({ features: both }, { happened: [['view', 0]] })['both']!
    expect(Math.exp(value)).toBeCloseTo(smoothed(1, 1), 6)
  })
})
