import { expect, it } from 'vitest'
import { featureRow } from '../testing/feature-row.ts'
import { listLength } from './index.ts'

it('tells how many candidates a request has', () => {
  const value = (others: number) =>
    featureRow({ features: [listLength({})] }, { others: Array.from({ length: others }, () => []) })[
      'list_length'
    ]
  expect(value(0)).toEqual([expect.closeTo(Math.log(2) / 4, 6), 0])
  expect(value(9)).toEqual([expect.closeTo(Math.log(11) / 4, 6), 0])
})
