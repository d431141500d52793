import { table } from '#streams'
import { spreadOf, spreadText, type Standing } from './bench-report.ts'
import type { StageShare } from './cpu-profile.ts'
import type { FreshnessRun } from './process-freshness.ts'
import type { ScalingRun } from './process-scaling.ts'

export function standingsTable(standings: readonly Standing[]): string {
  const rows = standings.map((one) => [
    one.contestant,
    spreadText(one.eventsPerSecond),
    spreadText(one.cpuSecondsPerMillion, 1),
    spreadText(one.rssMiB),
    one.wrong === null ? 'not compared' : one.wrong === 0 ? 'yes' : `${String(one.wrong)} wrong`,
    spreadText(one.feedloopRatio, 2),
  ])
  return table(
    ['', 'events/s', 'CPU s per million', 'RSS MiB', 'state right', 'feedloop is x times as fast'],
    rows,
  )
}

export interface LoadRow {
  /** Of the maximum. */
  share: number
  perSecond: number
  runs: FreshnessRun[]
}

export function freshnessTable(loads: readonly LoadRow[]): string {
  const spread = (runs: readonly FreshnessRun[], of: (run: FreshnessRun) => number) =>
    spreadText(spreadOf(runs.map(of)), 1)
  const rows = loads.map(({ share, perSecond, runs }) => [
    percent(share),
    perSecond,
    spreadText(spreadOf(runs.map(({ carriedPerSecond }) => carriedPerSecond))),
    spread(runs, ({ user }) => user.p50),
    spread(runs, ({ user }) => user.p99),
    spread(runs, ({ user }) => user.p999),
    spread(runs, ({ medianSecondP99 }) => medianSecondP99),
    spread(runs, ({ onsetP99 }) => onsetP99),
    spread(runs, ({ item }) => item.p50),
    spread(runs, ({ item }) => item.p99),
  ])
  return table(
    [
      'load',
      'offered/s',
      'carried/s',
      'users p50',
      'p99',
      'p99.9',
      'p99 of the median second',
      'p99 of the onset',
      'items p50',
      'p99',
    ],
    rows,
  )
}

export function profileTable(
  shares: readonly StageShare[],
  { loopLagMs }: { loopLagMs: { p50: number; p99: number; max: number } },
): string {
  const sum = shares.reduce((total, { micros }) => total + micros, 0)
  const rows = shares.map(({ stage, micros }) => [stage, micros.toFixed(2), percent(micros / sum)])
  const { p50, p99, max } = loopLagMs
  return `${table(['stage', 'µs per event', 'share'], rows)}
${sum.toFixed(1)} µs of CPU time per event, start and profiler included
event loop late by ${p50.toFixed(1)} ms (p50), ${p99.toFixed(1)} (p99), ${max.toFixed(1)} (most)`
}

/** The passes of a round in their median, beside those of the one process of that round. */
export function scalingTable(runs: readonly ScalingRun[]): string {
  const kindOf = ({ processes, company }: ScalingRun) => `${String(processes)}/${company}`
  const kinds = [...new Set(runs.map(kindOf))].map((kind) => runs.filter((run) => kindOf(run) === kind))
  const costIn = (round: number, of: readonly ScalingRun[]) =>
    spreadOf(of.flatMap((run) => (run.round === round ? [run.allBusy.cpuSecondsPerMillion] : []))).median
  const alone = runs.filter(({ processes }) => processes === 1)
  const rows = kinds.map((all) => {
    const { processes, company } = all[0]!
    const spread = (of: (run: ScalingRun) => number, digits = 0) => spreadText(spreadOf(all.map(of)), digits)
    const ratios = [...new Set(all.map(({ round }) => round))].map(
      (round) => costIn(round, all) / costIn(round, alone),
    )
    const wrong = all.reduce((sum, run) => sum + run.wrong, 0)
    return [
      processes,
      company,
      spread(({ allBusy }) => allBusy.eventsPerSecond),
      spread(({ allBusy }) => allBusy.recordsPerWrite),
      spread(({ allBusy }) => allBusy.cpuSecondsPerMillion, 2),
      spreadText(spreadOf(ratios), 2),
      spread(({ someDone }) => someDone.recordsPerWrite),
      spread(({ someDone }) => someDone.cpuSecondsPerMillion, 2),
      wrong === 0 ? 'yes' : `${String(wrong)} wrong`,
    ]
  })
  return table(
    [
      'processes',
      'in',
      'events/s',
      'records per write',
      'CPU s per million, all',
      'x one process',
      'records per write, some done',
      'CPU s per million, some done',
      'state right',
    ],
    rows,
  )
}

const percent = (share: number) => `${(share * 100).toFixed(0)} %`
