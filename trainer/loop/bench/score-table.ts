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

/** One round: half load without and with a retrain beside it. */
export interface RetrainRun {
  alone: KafkaLoad
  beside: KafkaLoad
}

export function retrainTable(runs: readonly RetrainRun[]): ResultTable {
  const row = (title: string, load: (run: RetrainRun) => KafkaLoad) => [
    title,
    ...[runs.map((run) => load(run).requestsPerSecond), runs.map((run) => load(run).p50)],
    ...[runs.map((run) => load(run).p99), runs.map((run) => load(run).p99 / run.alone.p99)],
  ]
  return {
    columns: [
      { title: 'half load by Kafka' },
      { title: 'requests/s', digits: 0 },
      { title: 'p50 ms', digits: 1 },
      { title: 'p99 ms', digits: 1 },
      { title: 'p99 x alone', digits: 2 },
    ],
    rows: [row('alone', ({ alone }) => alone), row('a retrain beside it', ({ beside }) => beside)],
  }
}
