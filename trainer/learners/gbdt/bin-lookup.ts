import type { ColumnBins } from './column-bins.ts'

const CELLS = 2_048

/** The bin of a value, as a model file will judge it: borders are compared, `value <= border`. */
export function createBinLookup(bins: ColumnBins): (value: number) => number {
  if (bins.kind === 'borders') return createBorderLookup(bins.borders)
  const { binOf, count } = bins
  return (value) => binOf.get(value) ?? count
}

/**
 * How many borders a value exceeds; NaN gets the bin after the last.
 *
 * An even grid over the borders says between which of them to look: about one comparison for values that are spread
 * alike, and a binary search where the grid is too coarse.
 */
function createBorderLookup(borders: Float32Array): (value: number) => number {
  const first = borders[0] ?? 0
  const range = (borders[borders.length - 1] ?? 0) - first
  const scale = range > 0 && Number.isFinite(range) ? (CELLS - 1) / range : 0
  const cellOf = (value: number) => Math.max(0, Math.min(CELLS - 1, (value - first) * scale)) | 0
  /** Of each cell: the borders in the cells before it. */
  const before = new Uint8Array(CELLS + 1)
  for (const border of borders) before[cellOf(border) + 1]! += 1
  for (let cell = 0; cell < CELLS; cell++) before[cell + 1]! += before[cell]!
  const missing = borders.length + 1
  return (value) => {
    if (Number.isNaN(value)) return missing
    const cell = scale === 0 ? 0 : cellOf(value)
    let low = before[cell]!
    let high = before[cell + 1]!
    while (low < high) {
      const middle = (low + high) >>> 1
      if (borders[middle]! < value) low = middle + 1
      else high = middle
    }
    return low
  }
}
