import { expect, test } from 'vitest'
import { quantileOf, readsTable } from './reads.ts'

test('a quantile is a value that was measured', () => {
  const values = Array.from({ length: 200 }, (_, n) => n + 1)
  expect([0.5, 0.99, 1].map((share) => quantileOf(values, share))).toEqual([100, 198, 200])
  expect(quantileOf([7], 0.99)).toBe(7)
})

test('rounds are compared with the floor of the same round', () => {
  const round = (contestant: string, ...millis: number[]) => ({ contestant, millis })
  const { rows } = readsTable(
    [round('ours', 3, 2, 4), round('floor', 2, 2, 2), round('ours', 6, 6, 6), round('floor', 4, 4, 4)],
    'floor',
  )
  expect(rows).toEqual([
    ['ours', [3, 6], [4, 6], [1.5, 1.5]],
    ['floor', [2, 4], [2, 4], [1, 1]],
  ])
})
