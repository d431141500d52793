/** Alone nobody is lower and nobody higher. */
const MIDDLE = 0.5
/** Rows of one request that a place has room for: 2 ** 20. With the 32 bits of a value they fill a double's 53. */
const ROWS = 2 ** 20
const SIGN = 0x8000_0000

/** The values of one column, in order of size. */
export interface Ranks {
  /** Adds the value of a row; -0 counts as 0. */
  add(row: number, value: number): void
  /**
   * Hands out for each row which share of the others lies below it, equals counting half: 0 lowest, 1 highest; and begins
   * anew.
   *
   * @returns the mean of the values (0 of none), added by size: the same however the rows are ordered
   */
  end(told: (row: number, share: number) => void): number
}

/**
 * For columns of float32 values, in at most 2 ** 20 rows. Each value goes with its row into one number, so that the sort is that of
 * a typed array and a row knows its place. Time: n log n.
 */
export function createRanks(): Ranks {
  const float = new Float32Array(1)
  const bits = new Uint32Array(float.buffer)
  let keys = new Float64Array(256)
  let values = new Float32Array(256)
  let count = 0

  /** Unsigned, ordered as the floats are: negative ones turned round, the others above them. */
  function orderOf(value: number): number {
    float[0] = value + 0
    const asBits = bits[0]!
    return (asBits & SIGN) !== 0 ? ~asBits >>> 0 : (asBits | SIGN) >>> 0
  }

  return {
    add(row, value) {
      if (count === keys.length) keys = grown(keys, new Float64Array(2 * count))
      if (row >= values.length) values = grown(values, new Float32Array(2 * Math.max(row, values.length)))
      values[row] = value
      keys[count++] = orderOf(value) * ROWS + row
    },
    end(told) {
      const [ranked, length] = [keys.subarray(0, count).sort(), count]
      count = 0
      const rowAt = (place: number) => ranked[place]! % ROWS
      let sum = 0
      for (let below = 0; below < length;) {
        const value = values[rowAt(below)]!
        let above = below
        do sum += value
        while (++above < length && values[rowAt(above)] === value)
        const share = length < 2 ? MIDDLE : (below + (above - below - 1) / 2) / (length - 1)
        for (; below < above; below++) told(rowAt(below), share)
      }
      return length === 0 ? 0 : sum / length
    },
  }
}

function grown<T extends Float32Array | Float64Array>(from: T, into: T): T {
  into.set(from)
  return into
}
