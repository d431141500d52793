import { playInProcess } from './testing/play-in-process.ts'
import { describe, expect, it } from 'vitest'
import { runBacktest } from './backtest.ts'
import { curvesOf } from '../../metrics/index.ts'
import { importancesOf } from './importances.ts'
import { reportPage } from './report-page.ts'
import { commonSlices } from './slices.ts'
import { smallFeed, smallLog } from './testing/small-log.ts'

const report = runBacktest({
  log: { ...smallLog(), name: '<small> & odd' },
  feeds: [smallFeed({ slices: [{ of: 'item', attribute: 'category' }] })],
  learners: [],
  retrainEveryMs: 6 * 3_600_000,
  windowMs: null,
  labelDelayMs: null,
  fromDay: 1,
  threshold: 0.5,
  gates: ['none', 'live'],
  ...playInProcess,
})

describe('the page', () => {
  it('needs no network and holds what names say as text', async () => {
    const page = reportPage(await report, { script: 'var uPlot', style: '.u-plot {}' })
    expect(page).not.toMatch(/(src|href)=|https?:/)
    expect(page).toContain('<h1>Backtest: &lt;small&gt; &amp; odd</h1>')
    const json = /id="data">(.*?)<\/script>/s.exec(page)![1]!
    expect(JSON.parse(json)).toMatchObject({ names: ['ftrl', 'ftrl, gate'] })
  })
})

describe('slices', () => {
  it('judge the declared parts of the rows by themselves', async () => {
    const { rows, slices } = await report
    const declared = slices.filter(({ slice }) => slice === 'item category')
    expect(declared.map(({ value }) => value).sort()).toEqual(['news', 'sport'])
    expect(declared.reduce((sum, part) => sum + part.rows, 0)).toBe(rows)
    expect(declared.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
  })

  it('count what was shown before', () => {
    const columns = commonSlices({
      occurredAtMs: Float64Array.of(0, 0, 7 * 3_600_000),
      requests: Int32Array.of(0, 0, 1),
      users: Int32Array.of(0, 0, 0),
      items: Int32Array.of(4, 5, 4),
    })
    const told = columns.map(({ name, codes, values }) => [name, [...codes].map((code) => values[code])])
    expect(told).toEqual([
      ['item shown before', ['0 times', '0 times', '1 to 9 times']],
      ['user asked before', ['0 rows', '1 to 9 rows', '1 to 9 rows']],
      ['items in the request', ['1 to 9 items', '1 to 9 items', '1 to 9 items']],
      ['hour (UTC)', ['0 to 6', '0 to 6', '6 to 12']],
    ])
  })
})

it('curves go through the steps of the threshold', () => {
  const forecasts = [
    { score: 0.9, label: 1 },
    { score: 0.8, label: 0 },
    { score: 0.8, label: 1 },
    { score: 0.1, label: 0 },
  ]
  const { roc, precisionRecall } = curvesOf(forecasts, [1, 2, 3, 4])
  expect(roc).toEqual([
    [0, 0],
    [0, 0.5],
    [0.5, 1],
    [1, 1],
  ])
  expect(precisionRecall).toEqual([
    [0.5, 1],
    [1, 2 / 3],
    [1, 0.5],
  ])
})

it('a feature that the model does not use is worth nothing, one that it lives by most', async () => {
  const count = 200
  const vectors = new Float32Array(count * 2)
  const labels = Uint8Array.from({ length: count }, (_, row) => row % 2)
  for (let row = 0; row < count; row++) vectors.set([row % 2, row], row * 2)
  const session = {
    predict: (of: Float32Array, rows: number) =>
      Promise.resolve(Float32Array.from({ length: rows }, (_, row) => 0.1 + 0.8 * of[row * 2]!)),
  }
  const features = [
    { feature: 'unused', at: 1, count: 1 },
    { feature: 'used', at: 0, count: 1 },
  ]
  const [first, second] = await importancesOf(session, { vectors, labels, count, width: 2 }, features)
  expect(first!.feature).toBe('used')
  expect(first!.logLoss).toBeGreaterThan(0.5)
  expect(second).toEqual({ feature: 'unused', logLoss: 0 })
})
