import { expect, it } from 'vitest'
import { STALE } from '../contract.ts'
import { featureRow } from '../testing/feature-row.ts'
import { smoothedRate } from './index.ts'

it('is as of the request, fading or for ever, and stale where the stream lags', () => {
  const rate = { entity: 'item' as const, of: ['click'], per: ['view'], prior: 0.1, strength: 5 }
  const features = [
    smoothedRate({ ...rate, halfLifeMinutes: 30, name: 'rate' }),
    smoothedRate({ ...rate, name: 'ever' }),
  ]
  const happened: [string, number][] = [
    ['view', 0],
    ['view', 30],
    ['click', 30],
  ]
  const row = featureRow({ features }, { happened, stale: true })
  expect(row['rate']![0]).toBeCloseTo(Math.log((0.5 + 0.5) / (0.25 + 0.5 + 5) / 0.1), 6)
  expect(row['ever']![0]).toBeCloseTo(Math.log((1 + 0.5) / (2 + 5) / 0.1), 6)
  expect(row['rate']![1]! & row['ever']![1]! & STALE).toBe(STALE)
})
