import { expect, it } from 'vitest'
import { costsOf, genericTable } from './generic-table.ts'

it('puts the dearest kind first, between nothing and everything', () => {
  const cost = (title: string, micros: number) => ({
    ...{ title, columns: 2, foldMicros: [micros, micros + 1], rowMicros: [1] },
  })
  const costs = costsOf([cost('nothing', 1), cost('cheap', 2), cost('dear', 5), cost('all', 7)])
  expect(genericTable(costs).rows).toEqual([
    ['nothing', [2], [1, 2], [1]],
    ['dear', [2], [5, 6], [1]],
    ['cheap', [2], [2, 3], [1]],
    ['all', [2], [7, 8], [1]],
  ])
})
