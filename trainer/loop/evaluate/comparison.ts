import type { OpenModel } from '#scorer/model'
import { backtestMetrics, type BacktestMetrics } from '../backtest/backtest-metrics.ts'
import { type Paired, pairedDifference } from '../backtest/paired.ts'
import type { ReadRun, TestTable } from '../train/index.ts'

/** An older model beside the new one, on the same rows. */
export interface OlderModel {
  runId: string
  learner: string
  rows: number
  older: BacktestMetrics | null
  newer: BacktestMetrics | null
  /** The newer less the older. */
  difference: Paired | null
  /** How the older one's scores were come by, or why there are none. */
  sentence: string
}

const ROWS_MIN = 100
const CALL_ROWS_MAX = 4_096

/**
 * Scores of the older model on the newer one's test rows: by its file where the features are the same, else those it gave to
 * the same rows in its own run.
 */
export async function compareWithOlder(
  newer: ReadRun,
  older: ReadRun,
  openModel: OpenModel,
): Promise<OlderModel> {
  const who = { runId: older.record.runId, learner: older.metrics.learner }
  const nothing = (sentence: string): OlderModel => ({
    ...{ ...who, rows: 0, older: null, newer: null, difference: null },
    sentence,
  })
  if (older.data.label !== newer.data.label)
    return nothing(`it predicts ${older.data.label}, not ${newer.data.label}: they cannot be compared`)
  const isSame = older.manifest.featureSetId === newer.manifest.featureSetId
  const found = isSame
    ? await scoredAgain(newer.test, older, openModel)
    : sharedScores(newer.test, older.test)
  const { at, scores } = found
  if (at.length < ROWS_MIN) {
    return nothing(
      `it has other features, and only ${String(at.length)} of its own test rows are among these: train both on the same data to compare them`,
    )
  }
  const sentence = isSame
    ? 'its file was asked for the same test rows'
    : `it has other features; compared are the ${String(at.length)} test rows that both runs have, with the scores that it gave then`
  return { ...who, rows: at.length, ...judged(newer, at, scores), sentence }
}

function judged({ test, metrics }: ReadRun, at: readonly number[], scores: ArrayLike<number>) {
  const labelled = (of: (n: number) => number) =>
    at.map((row, n) => ({ score: of(n), label: test.labels[row]! }))
  const one = labelled((n) => test.scores[at[n]!]!)
  const other = labelled((n) => scores[n]!)
  const requests = Int32Array.from(at, (row) => test.requests[row]!)
  const users = userNumbers(test, at)
  const { threshold } = metrics.threshold
  return {
    newer: backtestMetrics(one, requests, threshold),
    older: backtestMetrics(other, requests, threshold),
    difference: pairedDifference({ users, requests, one, other }, metrics.runId),
  }
}

async function scoredAgain({ vectors, count, width }: TestTable, older: ReadRun, openModel: OpenModel) {
  const session = await openModel(older.onnx, older.manifest)
  try {
    const scores = new Float32Array(count)
    for (let from = 0; from < count; from += CALL_ROWS_MAX) {
      const rows = Math.min(CALL_ROWS_MAX, count - from)
      scores.set(await session.predict(vectors.slice(from * width, (from + rows) * width), rows), from)
    }
    return { at: Array.from({ length: count }, (_, row) => row), scores }
  } finally {
    await session.close()
  }
}

/** Of the same user, item and moment. */
function sharedScores(newer: TestTable, older: TestTable) {
  const keyAt = ({ userIds, itemIds, occurredAtMs }: TestTable, row: number) =>
    `${userIds[row]!}\u001f${itemIds[row]!}\u001f${String(occurredAtMs[row])}`
  const known = new Map(
    Array.from({ length: older.count }, (_, row) => [keyAt(older, row), older.scores[row]!]),
  )
  const at = Array.from({ length: newer.count }, (_, row) => row).filter((row) =>
    known.has(keyAt(newer, row)),
  )
  return { at, scores: at.map((row) => known.get(keyAt(newer, row))!) }
}

function userNumbers({ userIds }: TestTable, at: readonly number[]): Int32Array {
  const numbers = new Map<string, number>()
  return Int32Array.from(at, (row) => {
    const user = userIds[row]!
    const number = numbers.get(user) ?? numbers.size
    numbers.set(user, number)
    return number
  })
}
