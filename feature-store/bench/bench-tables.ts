import { type ResultTable, spreadOf } from '#streams/testing'
import type { SecurePrice, Standing } from './bench-report.ts'
import type { StageShare } from './cpu-profile.ts'
import type { FreshnessRun } from './process-freshness.ts'
import type { ScalingRun } from './process-scaling.ts'
import type { MemoryUse } from './redis-memory.ts'

/** @param titles of the contestants, by their names */
export function contestTable(
  standings: readonly Standing[],
  titles: ReadonlyMap<string, string>,
): ResultTable {
  return {
    columns: [
      { title: 'contestant' },
      { title: 'events/s', digits: 0 },
      { title: 'CPU s per million', digits: 1 },
      { title: 'RSS, MiB', digits: 0 },
      { title: 'state right' },
      { title: 'feedloop is x times as fast', digits: 2 },
    ],
    rows: standings.map((one) => [
      titles.get(one.contestant) ?? one.contestant,
      one.eventsPerSecond,
      one.cpuSecondsPerMillion,
      one.rssMiB,
      one.wrong === null ? 'not compared' : rightText(one.wrong),
      one.contestant === 'feedloop' ? '' : one.feedloopRatio,
    ]),
  }
}

/** @param titles of the contestants, by their names */
export function secureTable(
  prices: readonly SecurePrice[],
  titles: ReadonlyMap<string, string>,
): ResultTable {
  return {
    columns: [
      { title: 'contestant' },
      { title: 'plain: events/s', digits: 0 },
      { title: 'secure: events/s', digits: 0 },
      { title: 'secure is x times as fast', digits: 2 },
      { title: 'plain: CPU s per million', digits: 1 },
      { title: 'secure: CPU s per million', digits: 1 },
      { title: 'secure costs x times the CPU', digits: 2 },
      { title: 'feedloop is x times as fast, both secure', digits: 2 },
      { title: 'state right' },
    ],
    rows: prices.map(({ contestant, plain, secure, rateRatio, cpuRatio }) => [
      titles.get(contestant) ?? contestant,
      plain.eventsPerSecond,
      secure.eventsPerSecond,
      rateRatio,
      plain.cpuSecondsPerMillion,
      secure.cpuSecondsPerMillion,
      cpuRatio,
      contestant === 'feedloop' ? '' : secure.feedloopRatio,
      secure.wrong === null || plain.wrong === null
        ? 'not compared'
        : rightText(Math.max(plain.wrong, secure.wrong)),
    ]),
  }
}

export interface LoadRow {
  /** Of the maximum. */
  share: number
  perSecond: number
  runs: FreshnessRun[]
}

export function freshnessTable(loads: readonly LoadRow[]): ResultTable {
  return {
    columns: [
      { title: 'load' },
      { title: 'offered/s', digits: 0 },
      { title: 'carried/s', digits: 0 },
      { title: 'p50', digits: 1 },
      { title: 'p99', digits: 1 },
      { title: 'p99 of the median second', digits: 1 },
      { title: 'p99.9', digits: 1 },
      { title: 'p99 of the onset', digits: 1 },
      { title: 'items p50', digits: 1 },
      { title: 'items p99', digits: 1 },
    ],
    rows: loads.map(({ share, perSecond, runs }) => [
      percent(share),
      [perSecond],
      runs.map(({ carriedPerSecond }) => carriedPerSecond),
      runs.map(({ user }) => user.p50),
      runs.map(({ user }) => user.p99),
      runs.map(({ medianSecondP99 }) => medianSecondP99),
      runs.map(({ user }) => user.p999),
      runs.map(({ onsetP99 }) => onsetP99),
      runs.map(({ item }) => item.p50),
      runs.map(({ item }) => item.p99),
    ]),
  }
}

export function profileTable(shares: readonly StageShare[]): ResultTable {
  const sum = shares.reduce((total, { micros }) => total + micros, 0)
  return {
    columns: [{ title: 'stage' }, { title: 'µs per event', digits: 2 }, { title: 'share' }],
    rows: shares.map(({ stage, micros }) => [stage, [micros], percent(micros / sum)]),
  }
}

export function usersTable(measured: readonly (Standing & { users: number })[]): ResultTable {
  return {
    columns: [
      { title: 'users', digits: 0 },
      { title: 'events/s', digits: 0 },
      { title: 'CPU s per million', digits: 1 },
    ],
    rows: measured.map(({ users, eventsPerSecond, cpuSecondsPerMillion }) => [
      [users],
      eventsPerSecond,
      cpuSecondsPerMillion,
    ]),
  }
}

/** The passes of a round in their median, beside those of the one process of that round. */
export function processesTable(runs: readonly ScalingRun[]): ResultTable {
  const kindOf = ({ processes, company }: ScalingRun) => `${String(processes)}/${company}`
  const kinds = [...new Set(runs.map(kindOf))].map((kind) => runs.filter((run) => kindOf(run) === kind))
  const costIn = (round: number, of: readonly ScalingRun[]) =>
    spreadOf(of.flatMap((run) => (run.round === round ? [run.allBusy.cpuSecondsPerMillion] : []))).median
  const alone = runs.filter(({ processes }) => processes === 1)
  return {
    columns: [
      { title: 'processes', digits: 0 },
      { title: 'in' },
      { title: 'all busy: events/s', digits: 0 },
      { title: 'records per write', digits: 0 },
      { title: 'CPU s per million', digits: 2 },
      { title: 'x one process', digits: 2 },
      { title: 'some done: CPU s per million', digits: 2 },
      { title: 'state right' },
    ],
    rows: kinds.map((all) => {
      const { processes, company } = all[0]!
      const rounds = [...new Set(all.map(({ round }) => round))]
      return [
        [processes],
        company,
        all.map(({ allBusy }) => allBusy.eventsPerSecond),
        all.map(({ allBusy }) => allBusy.recordsPerWrite),
        all.map(({ allBusy }) => allBusy.cpuSecondsPerMillion),
        rounds.map((round) => costIn(round, all) / costIn(round, alone)),
        all.map(({ someDone }) => someDone.cpuSecondsPerMillion),
        rightText(all.reduce((sum, run) => sum + run.wrong, 0)),
      ]
    }),
  }
}

export function memoryTable(use: MemoryUse): ResultTable {
  const titles = ['users', 'items', 'interactions', 'MiB', 'bytes per user', 'bytes per item']
  const values = [use.users, use.items, use.interactions, use.mebibytes, use.bytesPerUser, use.bytesPerItem]
  return { columns: titles.map((title) => ({ title, digits: 0 })), rows: [values.map((value) => [value])] }
}

const rightText = (wrong: number) => (wrong === 0 ? 'yes' : `${String(wrong)} wrong`)
const percent = (share: number) => `${(share * 100).toFixed(0)} %`
