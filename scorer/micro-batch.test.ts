import { expect, it } from 'vitest'
import { microBatches } from './micro-batch.ts'

const cut = (rows: number[], microBatchRequestsMax: number, microBatchRowsMax: number) => [
  ...microBatches(rows, (row) => row, { microBatchRequestsMax, microBatchRowsMax }),
]

it('has nothing to cut', () => expect(cut([], 2, 10)).toEqual([]))
it('cuts at the number of requests and one past it', () => {
  expect(cut([1, 1], 2, 10)).toEqual([[1, 1]])
  expect(cut([1, 1, 1], 2, 10)).toEqual([[1, 1], [1]])
})
it('cuts at the number of rows and one past it', () => {
  expect(cut([4, 6], 9, 10)).toEqual([[4, 6]])
  expect(cut([4, 7], 9, 10)).toEqual([[4], [7]])
})
it('gives a request above the row limit a group of its own', () => {
  expect(cut([3, 50, 2, 2], 9, 10)).toEqual([[3], [50], [2, 2]])
})
