import { expect, it } from 'vitest'
import type { LegRun } from './process-replay-leg.ts'
import { replayTable } from './replay-table.ts'

const quantiles = (p99: number) => ({ p50: p99 / 2, p99, p999: 2 * p99 })
const leg = (p99: number, reading: number | null): LegRun => ({
  live: quantiles(p99),
  whileReading: reading === null ? null : quantiles(reading),
  replayed:
    reading === null
      ? null
      : { seconds: 20, readingSeconds: 10, perSecond: 5, kills: 5, compared: 1_000, different: 0 },
})

it('holds the worse of both p99 beside that of the same round without a replay', () => {
  const { rows } = replayTable([
    { without: leg(10, null), beside: leg(12, 15) },
    { without: leg(20, null), beside: leg(22, 21) },
  ])
  expect(rows[0]!.slice(0, 3)).toEqual(['without a replay', [5, 10], [10, 20]])
  expect(rows[1]).toEqual([
    ...['beside a replay', [6, 11], [12, 22], [15, 21], [1.5, 1.1], [5, 5], [20, 20]],
    ...['10', '2,000', '0'],
  ])
})
