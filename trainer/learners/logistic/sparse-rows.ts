import { FitError } from '../../errors.ts'
import type { Coordinates } from '../coordinates.ts'
import type { TrainingRows } from '../learner.ts'

/** Two columns whose product is a coordinate. */
export type Cross = readonly [first: number, second: number]

/** Rows by what is not 0 in them: the numbers of row r are those from `starts[r]` to `starts[r + 1]`. */
export interface SparseRows {
  readonly count: number
  /** Coordinates there are. */
  readonly coordinates: number
  readonly starts: Float64Array
  readonly at: Int32Array
  readonly values: Float32Array
}

const BYTES_PER_NUMBER = Int32Array.BYTES_PER_ELEMENT + Float32Array.BYTES_PER_ELEMENT
const BYTES_MAX = 4 * 2 ** 30

/**
 * Rows as coordinates: quantities, the bias, buckets, and behind them one per cross. What is 0 or missing (NaN) is left out.
 * Memory: 8 bytes a number that is not 0, at most 4 GiB.
 *
 * @throws FitError `fit_failed` when it would be more
 */
export function sparseRowsOf(
  { count, width, vectors }: Pick<TrainingRows, 'count' | 'width' | 'vectors'>,
  coordinates: Coordinates,
  crosses: readonly Cross[] = [],
): SparseRows {
  const starts = new Float64Array(count + 1)
  const vectorOf = (row: number) => vectors.subarray(row * width, (row + 1) * width)
  for (let row = 0; row < count; row++) {
    const vector = vectorOf(row)
    let length = coordinates.read(vector)
    for (const [first, second] of crosses) if (isNumber(vector[first]! * vector[second]!)) length += 1
    starts[row + 1] = starts[row]! + length
  }
  const bytes = starts[count]! * BYTES_PER_NUMBER
  if (bytes > BYTES_MAX)
    throw new FitError(
      'fit_failed',
      `${count.toLocaleString('en-US')} rows of ${String(width)} columns take ${(bytes / 2 ** 30).toFixed(1)} GiB, more than 4: take a shorter window`,
    )
  const at = new Int32Array(starts[count]!)
  const values = new Float32Array(starts[count]!)
  for (let row = 0; row < count; row++) {
    const vector = vectorOf(row)
    let place = starts[row]!
    const length = coordinates.read(vector)
    for (let own = 0; own < length; own++) {
      at[place] = coordinates.at[own]!
      values[place++] = coordinates.values[own]!
    }
    for (const [index, [first, second]] of crosses.entries()) {
      const product = vector[first]! * vector[second]!
      if (!isNumber(product)) continue
      at[place] = coordinates.count + index
      values[place++] = product
    }
  }
  return { count, coordinates: coordinates.count + crosses.length, starts, at, values }
}

/** Neither 0 nor missing. */
const isNumber = (value: number) => value < 0 || value > 0
