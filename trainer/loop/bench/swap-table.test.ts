import { expect, it } from 'vitest'
import { swapMemory, swapTable } from './swap-table.ts'

const found = (residentMib: number[]) => ({
  ...{ swaps: residentMib.length, requests: 9_000, failed: 0, byModel: {}, swapMs: [40, 20, 30] },
  residentMib,
})
const swaps = Array.from({ length: 1_000 }, (_, at) => at)

it('knows what grows from what warms up', () => {
  const warmsUp = swapMemory(found(swaps.map((at) => (at < 100 ? 100 + at : 200))))
  expect(warmsUp).toEqual({ warmMib: 200, lastMib: 200, mibPerHundred: 0 })
  const grows = swapMemory(found(swaps.map((at) => 200 + at / 50)))
  expect(grows.mibPerHundred).toBeCloseTo(2)
  expect(grows.lastMib - grows.warmMib).toBeCloseTo(16)
})

it('tells it in one line', () => {
  const { columns, rows } = swapTable(found(swaps.map(() => 300)))
  expect(columns).toHaveLength(rows[0]!.length)
  expect(rows).toEqual([['1,000', [9_000], [0], [30], [300], [300], [0]]])
})
