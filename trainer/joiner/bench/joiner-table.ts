import type { ResultFile } from '#streams/testing'
import type { JoinerRun } from './joiner-run.ts'

type ResultTable = ResultFile['tables'][string]
const MIB = 1_024 * 1_024

/** One line per number of waiting predictions. */
export function joinerTable(runs: readonly JoinerRun[]): ResultTable {
  const perSecond = ({ records, seconds }: { records: number; seconds: number }) => records / seconds
  const cpuMicros = ({ records, cpuSeconds }: { records: number; cpuSeconds: number }) =>
    (1e6 * cpuSeconds) / records
  const ordered = [...runs].sort((left, right) => left.pending - right.pending)
  return {
    columns: [
      { title: 'waiting' },
      { title: 'filling, records/s', digits: 0 },
      { title: 'CPU us', digits: 1 },
      { title: 'steady, records/s', digits: 0 },
      { title: 'CPU us', digits: 1 },
      { title: 'maturing all, s', digits: 1 },
      { title: 'examples/s', digits: 0 },
      { title: 'CPU us', digits: 1 },
      { title: 'longest batch ms', digits: 0 },
      { title: 'RSS MiB', digits: 0 },
      { title: 'heap MiB', digits: 0 },
      { title: 'counted memory MiB', digits: 0 },
      { title: 'disk MiB', digits: 0 },
    ],
    rows: ordered.map(({ pending, fill, steady, drain, ...sizes }) => [
      pending.toLocaleString('en-US'),
      [perSecond(fill)],
      [cpuMicros(fill)],
      [perSecond(steady)],
      [cpuMicros(steady)],
      [drain.seconds],
      [drain.examples / drain.seconds],
      [cpuMicros({ records: drain.examples, cpuSeconds: drain.cpuSeconds })],
      [sizes.batchMsMax],
      [sizes.rssBytes / MIB],
      [sizes.heapBytes / MIB],
      [sizes.memoryBytes / MIB],
      [sizes.diskBytes / MIB],
    ]),
  }
}
