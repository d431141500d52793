import { playInProcess } from './testing/play-in-process.ts'
import { expect, it } from 'vitest'
import type { FeedLog } from '../datasets/index.ts'
import { backtestText } from './backtest-text.ts'
import { runBacktest, type BacktestOptions } from './backtest.ts'
import { reportPage } from './report-page.ts'
import { offPolicyOf } from './off-policy.ts'
import { smallFeed, smallLog } from './testing/small-log.ts'

const HOUR_MS = 3_600_000
const run = (log: FeedLog, options: Partial<BacktestOptions> = {}) =>
  runBacktest({
    log,
    feeds: [smallFeed()],
    learners: [],
    windowMs: null,
    labelDelayMs: null,
    threshold: 0.5,
    retrainEveryMs: 6 * HOUR_MS,
    fromDay: 1,
    gates: ['none', 'live'],
    ...playInProcess,
    ...options,
  })

const pageOf = (report: Awaited<ReturnType<typeof run>>) => reportPage(report, { script: '', style: '' })

/** Shows one of the five candidates of the small log, each as likely as the others. */
function uniformLog(): FeedLog {
  const log = smallLog({ requests: 1_500 })
  return {
    ...log,
    async *entries() {
      let n = 0
      for await (const entry of log.entries()) {
        if (entry.kind !== 'impression') {
          yield entry
          continue
        }
        const { candidates, context } = entry.request
        const shown = candidates[n++ % candidates.length]!
        yield {
          ...entry,
          request: { ...entry.request, candidates: [shown] },
          outcomes: entry.outcomes.filter(({ itemId }) => itemId === shown),
          choice: {
            propensity: 1 / candidates.length,
            slot: 0,
            options: candidates.map((itemId) => ({ itemId, context })),
          },
        }
      }
    },
  }
}

it('says that showing what the model ranks first would have brought more than chance did', async () => {
  const report = await run(uniformLog())
  const { offPolicy, results } = report
  expect(results[0]!.offPolicy).toBe(offPolicy)
  expect(offPolicy!.choices).toBe(report.rows)
  // One in five would have been the same.
  expect(Math.abs(offPolicy!.same / offPolicy!.choices - 0.2)).toBeLessThan(0.05)
  const { logged, ips, snips, dr } = offPolicy!
  expect(logged!.value).toBeCloseTo(report.positives / report.rows, 12)
  for (const estimate of [ips!, snips!, dr!]) {
    expect(estimate.low).toBeLessThan(estimate.value)
    expect(estimate.high).toBeGreaterThan(estimate.value)
    expect(estimate.value).toBeGreaterThan(1.3 * logged!.value)
  }
  // With a model's help bounds are closer.
  expect(dr!.high - dr!.low).toBeLessThan(ips!.high - ips!.low)
  expect(results.map(({ kind, offPolicy: told }) => told === null || kind)).toEqual([
    'learner',
    'learner',
    true,
    true,
    true,
  ])
  for (const told of [backtestText(report), pageOf(report)]) expect(told).toContain('ftrl (gate)')
})

it('says nothing of a log that does not tell its chances', async () => {
  const report = await run(smallLog())
  expect(report.offPolicy).toBeNull()
  for (const told of [backtestText(report), pageOf(report)]) expect(told).not.toContain('doubly robust')
})

it('ranks options of equal scores by chance, and all of them where nobody served', () => {
  const played = {
    rows: {
      occurredAtMs: new Float64Array(3),
      labels: Uint8Array.of(1, 0, 1),
      ...{ requests: Int32Array.of(0, 1, 2), users: Int32Array.of(0, 1, 2), items: new Int32Array(3) },
    },
    choices: {
      rows: Int32Array.of(0, 1, 2),
      propensities: Float64Array.of(0.5, 0.25, 0.5),
      // The second place of the first is a tie of the shown one with another.
      slots: Int32Array.of(1, 0, 0),
      chosen: Int32Array.of(2, 1, 0),
      options: Int32Array.of(3, 5, 7),
    },
  }
  const optionScores = Float32Array.of(0.75, 0.5, 0.5, 0.25, 0.125, NaN, NaN)
  const told = offPolicyOf(
    played,
    { places: Int32Array.of(0, 1, 2) },
    { optionScores },
    {
      fallback: new Float32Array(3).fill(0.5),
      seed: 's',
    },
  )
  // Weights: 1/2 / 1/2 = 1; not what it would show: 0; 1/2 / 1/2 = 1.
  expect(told).toMatchObject({ choices: 3, same: 2 })
  expect(told!.ips!.value).toBeCloseTo(2 / 3, 12)
  expect(told!.snips!.value).toBeCloseTo(1, 12)
  // (1/2 + 1/2) + 1/4 + (1/2 + 1/2), by what is expected: 0.5, 0.25, 0.5.
  expect(told!.dr!.value).toBeCloseTo((1 + 0.25 + 1) / 3, 12)
  expect(
    offPolicyOf(
      played,
      { places: new Int32Array() },
      { optionScores },
      {
        fallback: new Float32Array(3),
        seed: 's',
      },
    ),
  ).toBeNull()
})
