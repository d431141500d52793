import type { ResultFile } from '#streams/testing'
import type { JoinerRun } from './joiner-run.ts'

type ResultTable = ResultFile['tables'][string]
const MIB = 1_024 * 1_024

/** One line per number of waiting predictions. */
export function joinerTable(runs: readonly JoinerRun[]): ResultTable {
  const perSecond = ({ records, seconds }: { records: number; seconds: number }) => records / seconds
  const cpuMicros = ({ records, cpuSeconds }: { records: number; cpuSeconds: number }) =>
    (1e6 * cpuSeconds) / records
  return {
    columns: [
      { title: 'waiting' },
      { title: 'filling, records/s', digits: 0 },
      { title: 'steady, records/s', digits: 0 },
      { title: 'steady, CPU us/record', digits: 1 },
      { title: 'longest batch ms', digits: 0 },
      { title: 'maturing all, s', digits: 1 },
      { title: 'examples/s', digits: 0 },
      { title: 'RSS MiB', digits: 0 },
      { title: 'heap MiB', digits: 0 },
      { title: 'counted memory MiB', digits: 0 },
      { title: 'disk MiB', digits: 0 },
    ],
    rows: runs.map(({ pending, fill, steady, drain, ...sizes }) => [
      pending.toLocaleString('en-US'),
      [perSecond(fill)],
      [perSecond(steady)],
      [cpuMicros(steady)],
      [sizes.batchMsMax],
      [drain.seconds],
      [drain.examples / drain.seconds],
      [sizes.rssBytes / MIB],
      [sizes.heapBytes / MIB],
      [sizes.memoryBytes / MIB],
      [sizes.diskBytes / MIB],
    ]),
  }
}
