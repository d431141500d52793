import { expect, it } from 'vitest'
import { spreadOf } from './bench-report.ts'

it('takes the middle of an odd number of values, the mean of the middle two of an even one', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
  expect(spreadOf([4, 1, 2, 8])).toEqual({ median: 3, min: 1, max: 8 })
  expect(spreadOf([])).toEqual({ median: NaN, min: NaN, max: NaN })
})
