import { expect, it } from 'vitest'
import { MISSING } from '../contract.ts'
import { featureRow, number, text } from '../testing/feature-row.ts'
import { cross } from './index.ts'

const rate = { of: ['click'], per: ['view'], prior: 0.1, strength: 5, halfLifeMinutes: 30 }

it('is the rate on items of the same value, the prior where nothing was seen', () => {
  const features = [
    cross({ ...rate, by: 'category', name: 'category' }),
    cross({ ...rate, by: 'price', bands: [0.5], name: 'price' }),
  ]
  const item = [text('category', 'a'), number('price', 0.7)]
  const happened: [string, number][] = [
    ['view', 30],
    ['click', 30],
  ]
  const row = featureRow({ features }, { item, happened })
  const expected = Math.log((0.5 + 0.5) / (0.5 + 5) / 0.1)
  for (const name of ['category', 'price']) expect(row[name]![0]).toBeCloseTo(expected, 6)
  expect(featureRow({ features }, { item })['category']).toEqual([0, 0])
  expect(featureRow({ features }, {})['category']).toEqual([0, MISSING])
})
