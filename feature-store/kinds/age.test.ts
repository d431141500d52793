import { expect, it } from 'vitest'
import { MISSING } from '../contract.ts'
import { featureRow, text } from '../testing/feature-row.ts'
import { age } from './index.ts'

it('counts from the first attribute record, and knows no age without one', () => {
  const features = [age({ entity: 'item' })]
  expect(featureRow({ features }, { item: [text('any', 'x')] })['item_age']![0]).toBeCloseTo(
    Math.log1p(60) / 4,
    6,
  )
  expect(featureRow({ features }, {})['item_age']).toEqual([0, MISSING])
})
