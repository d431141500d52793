import { expect, it } from 'vitest'
import { createChanges } from './table-changes.ts'

const facts = {
  columns: new Map([
    ['price', { kind: 'number', mean: 0, deviation: 1 }],
    ['kind', { kind: 'text', values: [] }],
  ] as const),
  isPositive: () => true,
}
const names = new Map([
  ['price', 'p'],
  ['kind', 'k'],
])

/** What is told of these prices, row by row. */
function told(prices: readonly string[]): Record<string, number>[] {
  const changesOf = createChanges(['price', 'kind'], { names, facts })
  return prices.map((price) =>
    Object.fromEntries(changesOf({ row: { price, kind: 'x' } }).map(({ name, number }) => [name, number!])),
  )
}

it('says how a number stands to the row before and to the mean of late', () => {
  expect(told(['2', '4', '9'])).toEqual([
    {},
    { p_change: 2, p_above_8: 2, p_above_48: 2 },
    { p_change: 5, p_above_8: 6, p_above_48: 6 },
  ])
})

it('forgets what was long ago: a step is gone from the short mean before it is from the long one', () => {
  const last = told([...Array<string>(200).fill('0'), ...Array<string>(40).fill('1')]).at(-1)!
  expect(last['p_change']).toBe(0)
  expect(last['p_above_8']).toBeCloseTo((7 / 8) ** 39, 9)
  expect(last['p_above_48']).toBeCloseTo((47 / 48) ** 39, 9)
})

it('passes over rows without the number', () => {
  expect(told(['1', '', 'n/a', '3']).slice(1)).toEqual([{}, {}, { p_change: 2, p_above_8: 2, p_above_48: 2 }])
})
