import type { ResultTable } from '#streams/testing'
import type { LegRun } from './process-replay-leg.ts'

/** Both kinds of one round, one right after the other. */
export interface ReplayRound {
  without: LegRun
  beside: LegRun
}

/** Live freshness without a replay and beside one; ratios are of the same round. */
export function replayTable(rounds: readonly ReplayRound[]): ResultTable {
  const worst = ({ live, whileReading }: LegRun) => Math.max(live.p99, whileReading?.p99 ?? 0)
  const replayed = rounds.flatMap(({ beside }) => beside.replayed ?? [])
  const all = (of: (one: (typeof replayed)[number]) => number) =>
    replayed.reduce((sum, one) => sum + of(one), 0)
  return {
    columns: [
      { title: 'live traffic' },
      { title: 'p50, ms', digits: 1 },
      { title: 'p99, ms', digits: 1 },
      { title: 'p99 while it reads, ms', digits: 1 },
      { title: 'worse p99 is x that without', digits: 2 },
      { title: 'replayed/s', digits: 0 },
      { title: 'replayed in, s', digits: 1 },
      { title: 'kills' },
      { title: 'states compared' },
      { title: 'different' },
    ],
    rows: [
      [
        'without a replay',
        rounds.map(({ without }) => without.live.p50),
        rounds.map(({ without }) => without.live.p99),
        ...Array<string>(7).fill(''),
      ],
      [
        'beside a replay',
        rounds.map(({ beside }) => beside.live.p50),
        rounds.map(({ beside }) => beside.live.p99),
        rounds.flatMap(({ beside }) => beside.whileReading?.p99 ?? []),
        rounds.map(({ without, beside }) => worst(beside) / without.live.p99),
        replayed.map(({ perSecond }) => perSecond),
        replayed.map(({ seconds }) => seconds),
        String(all(({ kills }) => kills)),
        all(({ compared }) => compared).toLocaleString('en-US'),
        String(all(({ different }) => different)),
      ],
    ],
  }
}
