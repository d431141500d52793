import { expect, it } from 'vitest'
import { featureRow } from '../testing/feature-row.ts'
import { decayedCount } from './index.ts'

it('halves after each half-life, up to the request', () => {
  const features = [decayedCount({ entity: 'user', of: ['view'], halfLifeMinutes: 30 })]
  const happened: [string, number][] = [
    ['view', 0],
    ['view', 30],
    ['click', 40],
  ]
  const row = featureRow({ features }, { happened })
  expect(row['user_view_decayed_30m']![0]).toBeCloseTo(Math.log1p(0.25 + 0.5) / 4, 6)
  expect(featureRow({ features }, {})['user_view_decayed_30m']).toEqual([0, 0])
})

it('counts everything for ever without a half-life', () => {
  const features = [decayedCount({ entity: 'user', of: ['view'] })]
  const happened: [string, number][] = Array.from({ length: 9 }, (_, minute) => ['view', minute])
  expect(featureRow({ features }, { happened, atMinute: 100_000 })['user_view_ever']![0]).toBeCloseTo(
    Math.log1p(9) / 4,
    6,
  )
})
