import { expect, it } from 'vitest'
import { tableText } from '#streams/testing'
import { joinerTable } from './joiner-table.ts'

it('tells rates by the second, work by the record, sizes in MiB', () => {
  const MIB = 1_024 * 1_024
  const spent = { records: 1_000, seconds: 2, cpuSeconds: 0.01 }
  const table = joinerTable([
    {
      pending: 2_000_000,
      fill: spent,
      steady: { ...spent, seconds: 4 },
      drain: { examples: 800, seconds: 8, cpuSeconds: 1 },
      ...{ rssBytes: 3 * MIB, heapBytes: 2 * MIB, memoryBytes: MIB, diskBytes: 9 * MIB, batchMsMax: 7 },
    },
  ])
  expect(table.rows).toEqual([
    ['2,000,000', [500], [10], [250], [10], [8], [100], [1_250], [7], [3], [2], [1], [9]],
  ])
  expect(tableText(table)).toContain('2,000,000')
})
