import type { ResultFile } from '#streams/testing'
import type { HttpLoad } from './http-load.ts'
import type { KafkaLoad } from './kafka-load.ts'

type ResultTable = ResultFile['tables'][string]

/** One round of one contestant. */
export interface ScoreRun {
  http: Record<number, HttpLoad>
  /** All at once, and at half of what that came to. */
  flood?: KafkaLoad
  half?: KafkaLoad
}

export interface ScoreRow {
  title: string
  runs: ScoreRun[]
}

/** @param connections by HTTP, in the order of the columns */
export function scoreTable(rows: readonly ScoreRow[], connections: readonly number[]): ResultTable {
  const byHttp = connections.flatMap((count) => [
    { title: `HTTP, ${String(count)} connections: requests/s`, digits: 0 },
    { title: 'p99 ms', digits: 1 },
  ])
  return {
    columns: [
      { title: 'who' },
      ...byHttp,
      { title: 'Kafka: requests/s', digits: 0 },
      { title: 'half of it: p50 ms', digits: 1 },
      { title: 'p99 ms', digits: 1 },
      { title: 'failed', digits: 0 },
    ],
    rows: rows.map(({ title, runs }) => [
      title,
      ...connections.flatMap((count) => [
        runs.map(({ http }) => http[count]!.requestsPerSecond),
        runs.map(({ http }) => http[count]!.p99),
      ]),
      runs.flatMap(({ flood }) => flood?.requestsPerSecond ?? []),
      runs.flatMap(({ half }) => half?.p50 ?? []),
      runs.flatMap(({ half }) => half?.p99 ?? []),
      runs.map(failedOf),
    ]),
  }
}

export function failedOf({ http, flood, half }: ScoreRun): number {
  const all = [...Object.values(http), flood, half]
  return all.reduce((sum, load) => sum + (load?.failed ?? 0), 0)
}

/** One round: half load beside a trainer that waits, and beside the same one while it retrains. */
export interface RetrainRun {
  alone: KafkaLoad
  beside: KafkaLoad
  /** Rows of the fit. */
  rows: number
  /** The most that the trainer ever held. */
  trainerMib: number
  /** How often the trainer lost its partitions and began again. */
  rebuilt: number
}

export function retrainTable(runs: readonly RetrainRun[]): ResultTable {
  const row = (title: string, load: (run: RetrainRun) => KafkaLoad, trainer: number[][]) => [
    title,
    ...[runs.map((run) => load(run).requestsPerSecond), runs.map((run) => load(run).p50)],
    ...[runs.map((run) => load(run).p99), runs.map((run) => load(run).p99 / run.alone.p99)],
    ...trainer,
  ]
  const trainer = [
    runs.map(({ rows }) => rows),
    runs.map(({ trainerMib }) => trainerMib),
    runs.map(({ rebuilt }) => rebuilt),
  ]
  return {
    columns: [
      { title: 'half load by Kafka' },
      { title: 'requests/s', digits: 0 },
      { title: 'p50 ms', digits: 1 },
      { title: 'p99 ms', digits: 1 },
      { title: 'p99 x without', digits: 2 },
      { title: 'rows of the fit', digits: 0 },
      { title: 'trainer, MiB at most', digits: 0 },
      { title: 'times it lost its partitions', digits: 0 },
    ],
    rows: [
      row('beside a trainer that waits', ({ alone }) => alone, [[], [], []]),
      row('while it retrains', ({ beside }) => beside, trainer),
    ],
  }
}
