import { type CsvRow, LogUnreadableError, type RowPlace } from '#feature-store/files'

/** Rows that are sorted are held in memory: a few hundred bytes each. */
const SORTED_ROWS_MAX = 5_000_000

/** A row of a file with its event time. */
export interface TimedRow {
  row: CsvRow
  place: RowPlace
  atMs: number
}

export interface OrderedRows<T> {
  readonly count: number
  /** What was done to have them in order, for people. */
  readonly notes: readonly string[]
  rows(): AsyncIterable<T>
}

/**
 * Rows by time, equal times in the file's order. Reads them once to see whether they are in order; those that are
 * stay a stream, others are sorted in memory.
 *
 * @throws LogUnreadableError when more than 5,000,000 rows would have to be sorted, or there are none
 */
export async function inOrder<T extends { atMs: number }>(
  path: string,
  read: () => AsyncIterable<T>,
): Promise<OrderedRows<T>> {
  let count = 0
  let late = 0
  let latestMs = Number.NEGATIVE_INFINITY
  for await (const { atMs } of read()) {
    count++
    if (atMs < latestMs) late++
    else latestMs = atMs
  }
  if (count === 0) throw new LogUnreadableError(path, 'holds no rows')
  if (late === 0) return { count, notes: [], rows: read }
  if (count > SORTED_ROWS_MAX) {
    throw new LogUnreadableError(
      path,
      `${String(count)} rows are not in the order of their time, and no more than ${String(SORTED_ROWS_MAX)} are sorted here: sort the file by time`,
    )
  }
  const sorted: T[] = []
  for await (const row of read()) sorted.push(row)
  sorted.sort((left, right) => left.atMs - right.atMs)
  return {
    count,
    notes: [`${path}: ${String(late)} of ${String(count)} rows were not in the order of their time: sorted`],
    async *rows() {
      yield* sorted
    },
  }
}
