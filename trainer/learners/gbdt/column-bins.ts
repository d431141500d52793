/** As LightGBM has it. */
const BIN_ROWS_MIN = 3

/** How the values of one column become bins 0..count-1. Missing values (NaN) and unknown categories get bin `count`. */
export type ColumnBins =
  | {
      kind: 'borders'
      /** Float32, ascending: a value of at most borders[0] is in bin 0, above all in the last one. */
      borders: Float32Array
      count: number
      /** Whether training rows lack it. */
      hasMissing: boolean
    }
  | { kind: 'categories'; values: Float32Array; binOf: ReadonlyMap<number, number>; count: number }

/**
 * Borders between bins of about equally many of these values. A value that fills a bin by itself gets one; with few
 * distinct values each gets one.
 *
 * Borders are float32 numbers half-way between two values, so that a model file, whose borders are float32 as well,
 * sends every value of the training rows the same way. Time: O(n log n).
 *
 * @param sorted values of the column, ascending, NaN last
 * @param rowsMin of the sample in a bin: borders between single rows are noise
 * @see T. Chen, C. Guestrin (2016), XGBoost, KDD, 3.2 (weights all 1); G. Ke et al. (2017), LightGBM, NIPS (GreedyFindBin)
 */
export function bordersOf(sorted: Float32Array, binsMax: number, rowsMin = BIN_ROWS_MIN): Float32Array {
  const present = presentOf(sorted)
  const { values, counts } = distinctOf(sorted, present)
  const borders: number[] = []
  let left = present
  let binsLeft = binsMax
  let inBin = 0
  for (let at = 0; at + 1 < values.length && binsLeft > 1; at++) {
    inBin += counts[at]!
    const wanted = left / binsLeft
    // Each of what is left gets a bin when there are enough; else a bin is full, or closes before a heavy value.
    const isFull =
      values.length - at <= binsLeft || inBin >= wanted || (counts[at + 1]! >= wanted && inBin * 2 >= wanted)
    if (!isFull || inBin < rowsMin) continue
    borders.push(between(values[at]!, values[at + 1]!))
    left -= inBin
    binsLeft -= 1
    inBin = 0
  }
  return Float32Array.from(borders)
}

/** How many are no NaN. */
function presentOf(sorted: Float32Array): number {
  let present = sorted.length
  while (present > 0 && Number.isNaN(sorted[present - 1])) present--
  return present
}

/** Distinct values of a sorted array's beginning, with how often each occurs; -0 is 0. */
function distinctOf(sorted: Float32Array, length: number): { values: number[]; counts: number[] } {
  const values: number[] = []
  const counts: number[] = []
  let last: number | undefined
  for (let at = 0; at < length; at++) {
    const value = sorted[at]!
    if (value === last) {
      counts[counts.length - 1]! += 1
    } else {
      values.push(value)
      counts.push(1)
      last = value
    }
  }
  return { values, counts }
}

/** A float32 that is at least `low` and less than `high`. */
function between(low: number, high: number): number {
  const middle = Math.fround(low + (high - low) / 2)
  return middle >= low && middle < high ? middle : low
}

/** The most frequent values of a column are its categories, the most frequent first; equals by value. */
export function categoriesOf(sorted: Float32Array, binsMax: number): Float32Array {
  const { values, counts } = distinctOf(sorted, presentOf(sorted))
  const order = values.map((_, at) => at).sort((one, two) => counts[two]! - counts[one]! || one - two)
  return Float32Array.from(order.slice(0, binsMax), (at) => values[at]!)
}
