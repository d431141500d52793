import type { ResultFile } from '#streams/testing'

/** One round. CPU time of all threads of a process, per request. */
export interface SkewRun {
  requestsPerSecond: number
  checkedPerSecond: number
  scorerMs: number
  skewMs: number
  /** Of the checked vectors: there may be none. */
  differing: number
}

export function skewTable(runs: readonly SkewRun[]): ResultFile['tables'][string] {
  const each = (value: (run: SkewRun) => number) => runs.map(value)
  return {
    columns: [
      { title: 'half load by Kafka' },
      { title: 'requests/s', digits: 0 },
      { title: 'CPU ms a request, scorer', digits: 2 },
      { title: 'run skew', digits: 2 },
      { title: 'of the scorer', digits: 2 },
      { title: 'vectors checked/s', digits: 0 },
      { title: 'differ', digits: 0 },
    ],
    rows: [
      [
        'run skew beside a scorer',
        ...[each((run) => run.requestsPerSecond), each((run) => run.scorerMs), each((run) => run.skewMs)],
        each((run) => run.skewMs / run.scorerMs),
        ...[each((run) => run.checkedPerSecond), each((run) => run.differing)],
      ],
    ],
  }
}
