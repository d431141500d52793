import { expect, it } from 'vitest'
import { tableText } from '#streams/testing'
import { ftrlTable, trainTable } from './train-table.ts'

const run = (seconds: number) => ({ seconds, cpuSeconds: seconds, logLoss: 0.35, auc: 0.8, peakMiB: 100 })

it('compares times with LightGBM round by round', () => {
  const runs = { gbdt: [run(3), run(4)], lightgbm: [run(2), run(4)] }
  const { columns, rows } = trainTable([{ rows: 50_000, threads: 2, runs }])
  const ratio = columns.findIndex(({ title }) => title === 'x LightGBM')
  expect(rows.map((row) => row[ratio])).toEqual([
    [1.5, 1],
    [1, 1],
  ])
  expect(tableText({ columns, rows })).toContain('1.25 (1.00-1.50)')
})

it('counts the examples of FTRL by the second', () => {
  expect(ftrlTable(500_000, [run(0.5)]).rows[0]).toEqual(['30', '500,000', [1_000_000], [0.35]])
})
