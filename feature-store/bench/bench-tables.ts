import { table } from '#streams'
import { spreadText, type Standing } from './bench-report.ts'
import type { StageShare } from './cpu-profile.ts'
import type { Quantiles } from './freshness.ts'
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
  of: 'the maximum' | 'what is carried'
  share: number
  perSecond: number
  user: Quantiles
  item: Quantiles
}

export function freshnessTable(loads: readonly LoadRow[]): string {
  const text = ({ p50, p99, p999 }: Quantiles) => [p50, p99, p999].map((ms) => ms.toFixed(1)).join(' / ')
  return table(
    ['load', 'events/s', 'user visible after ms, p50 / p99 / p99.9', 'item visible after ms'],
    loads.map(({ of, share, perSecond, user, item }) => [
      `${percent(share)} of ${of}`,
      perSecond,
      text(user),
      text(item),
    ]),
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

export function scalingTable(runs: readonly ScalingRun[]): string {
  const alone = runs.find(({ processes }) => processes === 1)
  const rows = runs.map((run) => {
    const apart = runs.find(
      ({ processes, company }) => processes === run.processes && company === 'nothing shared',
    )
    const ratio = (other: ScalingRun | undefined) =>
      other === undefined
        ? ''
        : (run.allBusy.cpuSecondsPerMillion / other.allBusy.cpuSecondsPerMillion).toFixed(2)
    return [
      run.processes,
      run.company,
      run.allBusy.eventsPerSecond.toFixed(0),
      run.allBusy.recordsPerWrite.toFixed(0),
      run.allBusy.cpuSecondsPerMillion.toFixed(2),
      ratio(alone),
      run.company === 'one group' ? ratio(apart) : '',
      run.someDone.recordsPerWrite.toFixed(0),
      run.someDone.cpuSecondsPerMillion.toFixed(2),
      run.wrong === 0 ? 'yes' : `${String(run.wrong)} wrong`,
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
      'x nothing shared',
      'records per write, some done',
      'CPU s per million, some done',
      'state right',
    ],
    rows,
  )
}

const percent = (share: number) => `${(share * 100).toFixed(0)} %`
