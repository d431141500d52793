import type { SparseRows } from './sparse-rows.ts'

/** Coordinates that are solved together: time grows with their square per row, and with their cube. */
const TOGETHER_MAX = 384
/** Rows that are looked at: a preconditioner need not be exact. */
const ROWS_MAX = 8_192

/** The curvature, roughly, turned round: what a gradient is divided by. */
export type Preconditioner = (gradient: Float64Array, into: Float64Array) => void

/**
 * The curvature of the coordinates that most rows have, as a matrix made of some of the rows, and the diagonal of all others.
 *
 * Time: O(8,192 x coordinates of a row squared) to make it, O(384 squared) to use it. Memory: 384 x 384 float64.
 *
 * @param curves of each row: weight x score x (1 - score)
 * @param penalties per coordinate, above 0
 */
export function preconditionerOf(
  rows: SparseRows,
  curves: Float64Array,
  penalties: Float64Array,
): Preconditioner {
  const together = commonest(rows)
  const diagonal = diagonalOf(rows, curves, penalties)
  const factor = factorOf(curvatureOf(rows, curves, { penalties, together }), together.length)
  const own = new Float64Array(together.length)

  return (gradient, into) => {
    for (let at = 0; at < gradient.length; at++) into[at] = gradient[at]! / diagonal[at]!
    together.forEach((coordinate, place) => (own[place] = gradient[coordinate]!))
    solve(factor, own)
    together.forEach((coordinate, place) => (into[coordinate] = own[place]!))
  }
}

/** The coordinates that most rows have, in order. */
function commonest({ coordinates, at }: SparseRows): Int32Array {
  const many = new Uint32Array(coordinates)
  for (const coordinate of at) many[coordinate]! += 1
  const all = Int32Array.from({ length: coordinates }, (_, coordinate) => coordinate)
  if (coordinates <= TOGETHER_MAX) return all
  return all
    .sort((one, other) => many[other]! - many[one]!)
    .slice(0, TOGETHER_MAX)
    .sort()
}

function diagonalOf(
  { count, starts, at, values }: SparseRows,
  curves: Float64Array,
  penalties: Float64Array,
) {
  const diagonal = Float64Array.from(penalties)
  for (let row = 0; row < count; row++)
    for (let place = starts[row]!, end = starts[row + 1]!; place < end; place++)
      diagonal[at[place]!]! += curves[row]! * values[place]! * values[place]!
  return diagonal
}

/** The lower half of a square matrix, row by row. */
function curvatureOf(
  { count, coordinates, starts, at, values }: SparseRows,
  curves: Float64Array,
  { penalties, together }: { penalties: Float64Array; together: Int32Array },
): Float64Array {
  const size = together.length
  const placeOf = new Int32Array(coordinates).fill(-1)
  together.forEach((coordinate, place) => (placeOf[coordinate] = place))
  const matrix = new Float64Array(size * size)
  together.forEach((coordinate, place) => (matrix[place * (size + 1)] = penalties[coordinate]!))
  const [places, own] = [new Int32Array(size), new Float64Array(size)]
  const stride = Math.max(1, Math.ceil(count / ROWS_MAX))
  for (let row = 0; row < count; row += stride) {
    let length = 0
    for (let entry = starts[row]!, end = starts[row + 1]!; entry < end; entry++) {
      const place = placeOf[at[entry]!]!
      if (place < 0) continue
      places[length] = place
      own[length++] = values[entry]!
    }
    const curve = curves[row]! * stride
    for (let one = 0; one < length; one++) {
      const [from, value] = [places[one]! * size, curve * own[one]!]
      for (let other = 0; other <= one; other++) matrix[from + places[other]!]! += value * own[other]!
    }
  }
  return matrix
}

/** Cholesky's factor, in the place of the matrix. */
function factorOf(matrix: Float64Array, size: number): Float64Array {
  for (let row = 0; row < size; row++) {
    const from = row * size
    for (let column = 0; column <= row; column++) {
      const across = column * size
      let left = matrix[from + column]!
      for (let at = 0; at < column; at++) left -= matrix[from + at]! * matrix[across + at]!
      matrix[from + column] =
        column < row
          ? left / matrix[across + column]!
          : Math.sqrt(Math.max(left, SHARE_MIN * matrix[from + row]!))
    }
  }
  return matrix
}

/** Of a number of the diagonal, what is left of it at least: less is noise of the sums. */
const SHARE_MIN = 1e-12

/** What the matrix makes the vector of; in its place. */
function solve(factor: Float64Array, vector: Float64Array): void {
  const size = vector.length
  for (let row = 0; row < size; row++) {
    let left = vector[row]!
    for (let at = 0; at < row; at++) left -= factor[row * size + at]! * vector[at]!
    vector[row] = left / factor[row * (size + 1)]!
  }
  for (let row = size - 1; row >= 0; row--) {
    const value = (vector[row]! /= factor[row * (size + 1)]!)
    for (let at = 0; at < row; at++) vector[at]! -= factor[row * size + at]! * value
  }
}
