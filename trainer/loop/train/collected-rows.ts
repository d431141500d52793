import type { TrainingRows } from '../../learners/learner.ts'
import { asTaught, type TrainingExample } from '../../learning/training-example.ts'
import { growing } from '../backtest/growing.ts'
import { TrainingError } from './errors.ts'

/** Every shown item with its vector and label, in the order of the requests. */
export interface CollectedRows {
  readonly count: number
  readonly width: number
  /** Of each row, its place in the tables of the pass. */
  readonly places: Int32Array
  readonly labels: Uint8Array
  readonly occurredAtMs: Float64Array
  /** When its label was known, event time. */
  readonly maturedAtMs: Float64Array
  readonly userIds: readonly string[]
  readonly itemIds: readonly string[]
  /** The vectors as they were served: what a model is judged on. Rows x width. */
  vectors(rows: ArrayLike<number>): Float32Array
  /** As learners see them, with the place at which an item was shown. */
  training(rows: ArrayLike<number>, weights?: Float32Array): TrainingRows
}

/** About 2 GB with 60 columns. */
const ROWS_MAX = 5_000_000

/** Takes examples in the order in which they mature. */
export function createRowCollector(width: number, rowsMax = ROWS_MAX) {
  const columns = {
    places: growing(Int32Array),
    vectors: growing(Float32Array),
    taught: growing(Float32Array),
    flags: growing(Uint8Array),
    labels: growing(Uint8Array),
    propensities: growing(Float32Array),
    occurredAtMs: growing(Float64Array),
    maturedAtMs: growing(Float64Array),
  }
  const ids: { users: string[]; items: string[] } = { users: [], items: [] }
  let differs = false

  return {
    /** @throws TrainingError when there is no more room */
    add(place: number, example: TrainingExample): void {
      if (ids.users.length >= rowsMax) {
        throw new TrainingError(
          'train_rows_crowded',
          `The data has more than ${String(rowsMax)} shown items, which is what is held in memory: train on a part of it, the latest.`,
        )
      }
      const { vector: taught } = asTaught(example)
      if (taught !== example.vector && !differs) {
        differs = true
        columns.taught.pushAll(columns.vectors.values())
      }
      if (differs) columns.taught.pushAll(taught)
      columns.vectors.pushAll(example.vector)
      columns.flags.pushAll(example.flags.subarray(0, width))
      columns.places.push(place)
      columns.labels.push(example.label)
      columns.propensities.push(example.propensity)
      columns.occurredAtMs.push(example.occurredAtMs)
      columns.maturedAtMs.push(example.maturedAtMs)
      ids.users.push(example.userId)
      ids.items.push(example.itemId)
    },
    rows: (): CollectedRows => inOrder(columns, ids, { width, differs }),
  }
}

type Columns = Record<'vectors' | 'taught' | 'propensities', Growing32> & {
  places: { values(): Int32Array }
  flags: { values(): Uint8Array }
  labels: { values(): Uint8Array }
  occurredAtMs: { values(): Float64Array }
  maturedAtMs: { values(): Float64Array }
}
interface Growing32 {
  values(): Float32Array
}

function inOrder(
  columns: Columns,
  ids: { users: readonly string[]; items: readonly string[] },
  { width, differs }: { width: number; differs: boolean },
): CollectedRows {
  const places = columns.places.values()
  const order = Int32Array.from(places.keys()).sort((one, other) => places[one]! - places[other]!)
  const ordered = <T extends Int32Array | Uint8Array | Float64Array>(column: T): T =>
    column.map((_, at) => column[order[at]!]!) as T
  const labels = ordered(columns.labels.values())
  const occurredAtMs = ordered(columns.occurredAtMs.values())
  const userIds = Array.from(order, (at) => ids.users[at]!)
  const itemIds = Array.from(order, (at) => ids.items[at]!)
  const propensities = columns.propensities.values()
  const served = columns.vectors.values()
  const taught = differs ? columns.taught.values() : served

  /** Blocks of `width` values. */
  function blocks<T extends Float32Array | Uint8Array>(from: T, into: T, rows: ArrayLike<number>): T {
    for (let at = 0; at < rows.length; at++) {
      const start = order[rows[at]!]! * width
      into.set(from.subarray(start, start + width), at * width)
    }
    return into
  }
  const vectorsOf = (from: Float32Array, rows: ArrayLike<number>) =>
    blocks(from, new Float32Array(rows.length * width), rows)

  return {
    count: order.length,
    width,
    places: ordered(places),
    labels,
    occurredAtMs,
    maturedAtMs: ordered(columns.maturedAtMs.values()),
    userIds,
    itemIds,
    vectors: (rows) => vectorsOf(served, rows),
    training: (rows, weights) => ({
      count: rows.length,
      width,
      vectors: vectorsOf(taught, rows),
      labels: Uint8Array.from(rows, (row) => labels[row]!),
      propensities: Float32Array.from(rows, (row) => propensities[order[row]!]!),
      occurredAtMs: Float64Array.from(rows, (row) => occurredAtMs[row]!),
      itemIds: Array.from(rows, (row) => itemIds[row]!),
      userIds: Array.from(rows, (row) => userIds[row]!),
      flags: blocks(columns.flags.values(), new Uint8Array(rows.length * width), rows),
      ...(weights === undefined ? {} : { weights }),
    }),
  }
}
