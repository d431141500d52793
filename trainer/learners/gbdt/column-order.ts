import type { Matrix } from './binned-rows.ts'

/** Rows that are looked at: columns that agree in all of them are taken for one another. */
const LOOKED_AT_MAX = 10_000

/**
 * Columns in an order that only their values decide (FNV-1a of their bits), not where they stand. Of equally good splits
 * the first column's is taken, so that a model does not depend on how the feature set is written down.
 */
export function columnOrderOf({ count, width, vectors }: Matrix): Uint32Array {
  const numbers = vectors.subarray(0, Math.min(count, LOOKED_AT_MAX) * width)
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)
  const keys = new Uint32Array(width).fill(0x811c9dc5)
  for (let at = 0; at < bits.length; at++) {
    const column = at % width
    keys[column] = Math.imul(keys[column]! ^ bits[at]!, 0x01000193) ^ (keys[column]! >>> 15)
  }
  return Uint32Array.from({ length: width }, (_, column) => column).sort(
    (one, two) => keys[one]! - keys[two]! || one - two,
  )
}
