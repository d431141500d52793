import { expect, it } from 'vitest'
import { STALE } from '../contract.ts'
import { featureRow } from '../testing/feature-row.ts'
import { windowedCount } from './index.ts'

it('counts what lies in the window that ends at the request', () => {
  const features = [
    windowedCount({ entity: 'item', of: ['view'], windowMinutes: 60, bucketMinutes: 10, name: 'hour' }),
  ]
  const happened: [string, number][] = [
    ['view', 0],
    ['view', 30],
  ]
  const row = featureRow({ features }, { happened, stale: true })
  expect(row['hour']![0]).toBeCloseTo(Math.log1p(1) / 4, 6)
  expect(row['hour']![1]! & STALE).toBe(STALE)
})
