import type { ResultFile } from '#streams/testing'
import type { TrainRow, TrainRun } from './train-run.ts'

type ResultTable = ResultFile['tables'][string]

/** What the others are measured by. */
const YARDSTICK = 'lightgbm'

/** One line per contestant; times of LightGBM are compared round by round. */
export function trainTable(measured: readonly TrainRow[]): ResultTable {
  return {
    columns: [
      { title: 'rows' },
      { title: 'threads' },
      { title: 'learner' },
      { title: 'seconds', digits: 2 },
      { title: 'x LightGBM', digits: 2 },
      { title: 'CPU s', digits: 2 },
      { title: 'log-loss', digits: 4 },
      { title: 'AUC', digits: 4 },
      { title: 'peak MiB', digits: 0 },
    ],
    rows: measured.flatMap(({ rows, threads, runs }) =>
      Object.entries(runs).map(([learner, own]) => {
        const of = (pick: (run: TrainRun) => number) => own.map(pick)
        const times = own.flatMap(({ seconds }, round) => {
          const yardstick = runs[YARDSTICK]?.[round]
          return yardstick === undefined ? [] : [seconds / yardstick.seconds]
        })
        return [
          ...[rows.toLocaleString('en-US'), String(threads), learner],
          ...[of(({ seconds }) => seconds), times, of(({ cpuSeconds }) => cpuSeconds)],
          ...[of(({ logLoss }) => logLoss), of(({ auc }) => auc), of(({ peakMiB }) => peakMiB)],
        ]
      }),
    ),
  }
}

export function ftrlTable(rows: number, runs: readonly TrainRun[]): ResultTable {
  return {
    columns: [
      { title: 'active features' },
      { title: 'examples' },
      { title: 'examples/s', digits: 0 },
      { title: 'log-loss', digits: 4 },
    ],
    rows: [
      [
        '30',
        rows.toLocaleString('en-US'),
        runs.map(({ seconds }) => rows / seconds),
        runs.map(({ logLoss }) => logLoss),
      ],
    ],
  }
}
