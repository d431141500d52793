import { expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { featureRow, type FeatureRow } from '../testing/feature-row.ts'
import { windowedQuantile } from './index.ts'

const of = { entity: 'item' as const, of: ['view'], scale: { divide: 100 } }

it('is a quantile of the values in the window, and of all without one; missing where there is none', () => {
  const features = [
    windowedQuantile({ ...of, quantile: 0.5, windowMinutes: 20, bucketMinutes: 10, name: 'median' }),
    windowedQuantile({ ...of, quantile: 1, name: 'most' }),
  ]
  const happened: FeatureRow['happened'] = [
    ['view', 59, 30],
    ['view', 1, 900],
    ['view', 45, 10],
    ['view', 55, 20],
    ['view', 56, null],
    ['click', 57, 500],
  ]
  const row = featureRow({ features }, { happened })
  expect(row['median']![0]).toBeCloseTo(0.2, 2)
  expect(row['most']![0] / 9).toBeCloseTo(1, 1)
  const late = featureRow({ features }, { happened, atMinute: 90 })
  expect(late['median__missing']).toEqual([1, 0])
  expect(late['most']![0] / 9).toBeCloseTo(1, 1)
})

it('refuses a bucket without a window', () => {
  const odd = windowedQuantile({ ...of, quantile: 0.5, bucketMinutes: 10 })
  expect(() => parseFeatureStoreConfig({ features: [odd] })).toThrow('belong together')
})
