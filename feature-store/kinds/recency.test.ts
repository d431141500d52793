import { expect, it } from 'vitest'
import { MISSING, STALE } from '../contract.ts'
import { featureRow } from '../testing/feature-row.ts'
import { recency } from './index.ts'

it('is the time since the newest one, missing when there was none', () => {
  const features = [
    recency({ entity: 'item', of: ['view', 'like'], name: 'seen' }),
    recency({ entity: 'item', of: ['like'], name: 'liked' }),
  ]
  const happened: [string, number][] = [
    ['view', 45],
    ['view', 30],
  ]
  const row = featureRow({ features }, { happened, stale: true })
  expect(row['seen']![0]).toBeCloseTo(Math.log1p(15) / 4, 6)
  expect(row['liked']).toEqual([0, MISSING | STALE])
})
