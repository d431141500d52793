import { bucketNumber, type TableRows } from '../export/bucket-rows.ts'
import { type LinearModel, quantitiesOf } from '../export/linear-model.ts'
import type { LearnerTask } from './learner.ts'

/** A table with a row per bucket, for the columns that name one. */
export interface BucketTable {
  readonly columns: readonly number[]
  readonly range: number
  /** The coordinate of bucket 0, which nothing ever names; that of bucket b is b further on. */
  readonly offset: number
}

/** Where a linear or factorised learner has its numbers: one coordinate per quantity, one of the bias, one per bucket. */
export interface Coordinates {
  /** All of them. */
  readonly count: number
  /** Columns that are quantities; the coordinate is the place in this list. */
  readonly quantities: readonly number[]
  readonly bias: number
  readonly tables: readonly BucketTable[]
  /** Of the vector read last: its coordinates, those of buckets from `bucketsFrom` on, and their values. */
  readonly at: Int32Array
  readonly values: Float64Array
  readonly bucketsFrom: number
  /**
   * Reads a vector: what is 0 or missing (NaN) is left out, the bias is 1, a bucket is 1.
   * @returns how many coordinates it has
   */
  read(vector: ArrayLike<number>): number
}

/** @param quantities columns that are read as such; left out: all that are no columns of buckets */
export function createCoordinates({
  width,
  buckets = [],
  quantities = quantitiesOf(width, buckets),
}: Pick<LearnerTask, 'width' | 'buckets'> & { quantities?: readonly number[] }): Coordinates {
  const bias = quantities.length
  let count = bias + 1
  const tables = buckets.map(({ columns, range }) => {
    const offset = count
    count += range
    return { columns, range, offset }
  })
  const named = tables.flatMap(({ columns, range, offset }) =>
    columns.map((column) => ({ column, range, offset })),
  )
  const at = new Int32Array(width + 1)
  const values = new Float64Array(width + 1)
  let bucketsFrom = 0

  return {
    ...{ count, quantities, bias, tables, at, values },
    get bucketsFrom() {
      return bucketsFrom
    },
    read(vector) {
      let length = 0
      for (let place = 0; place < bias; place++) {
        const value = vector[quantities[place]!]!
        if (!(value < 0 || value > 0)) continue
        at[length] = place
        values[length++] = value
      }
      at[length] = bias
      values[length++] = 1
      bucketsFrom = length
      for (const { column, range, offset } of named) {
        const bucket = bucketNumber(vector[column]!, range)
        if (bucket === 0) continue
        at[length] = offset + bucket
        values[length++] = 1
      }
      return length
    },
  }
}

/** A weight per bucket, as model files have them. */
export function tableRowsOf(
  tables: readonly BucketTable[],
  weightAt: (coordinate: number) => number,
): TableRows[] {
  return tables.map(({ columns, range, offset }) => ({
    columns,
    rows: Float32Array.from({ length: range }, (_, bucket) => weightAt(offset + bucket)),
  }))
}

/** A linear model with these weights. */
export function linearModelAt(
  { quantities, bias, tables }: Coordinates,
  width: number,
  weightAt: (coordinate: number) => number,
): LinearModel {
  const model = { weights: new Float64Array(width), bias: weightAt(bias) }
  quantities.forEach((column, place) => (model.weights[column] = weightAt(place)))
  return tables.length === 0 ? model : { ...model, tables: tableRowsOf(tables, weightAt) }
}
