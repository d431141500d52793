import type { ColumnBins } from './column-bins.ts'

/** Values that lie `step` apart, from `begin` up to `end`. */
export interface ColumnValues {
  vectors: Float32Array
  begin: number
  end: number
  step: number
}

/** Bins that lie `step` apart, from `begin` on. */
export interface ColumnPlaces {
  bins: Uint8Array
  begin: number
  step: number
}

/** Writes the bin of each value, as a model file will judge it: borders are compared, `value <= border`. */
export type WriteBins = (values: ColumnValues, into: ColumnPlaces) => void

export function createBinWriter(bins: ColumnBins): WriteBins {
  if (bins.kind === 'borders') {
    const grid = gridOf(bins.borders)
    return (values, into) => writeBorderBins(grid, values, into)
  }
  const { binOf, count } = bins
  return ({ vectors, begin, end, step }, into) => {
    for (let at = begin, to = into.begin; at < end; at += step, to += into.step)
      into.bins[to] = binOf.get(vectors[at]!) ?? count
  }
}

const CELLS = 2_048

/**
 * An even grid over the borders says between which of them to look: about one comparison for values that are spread
 * alike, and a binary search where the grid is too coarse.
 */
interface Grid {
  borders: Float32Array
  first: number
  scale: number
  /** Of each cell: the borders in the cells before it. */
  before: Uint8Array
}

const cellOf = (value: number, first: number, scale: number) =>
  Math.max(0, Math.min(CELLS - 1, (value - first) * scale)) | 0

function gridOf(borders: Float32Array): Grid {
  const first = borders[0] ?? 0
  const range = (borders[borders.length - 1] ?? 0) - first
  // With 0 all are in the first cell.
  const scale = range > 0 && Number.isFinite(range) ? (CELLS - 1) / range : 0
  const before = new Uint8Array(CELLS + 1)
  for (const border of borders) before[cellOf(border, first, scale) + 1]! += 1
  for (let cell = 0; cell < CELLS; cell++) before[cell + 1]! += before[cell]!
  return { borders, first, scale, before }
}

/** How many borders each value exceeds; NaN gets the bin after the last. */
function writeBorderBins(
  { borders, first, scale, before }: Grid,
  values: ColumnValues,
  into: ColumnPlaces,
): void {
  const { vectors, end, step } = values
  const { bins } = into
  const missing = borders.length + 1
  for (let at = values.begin, to = into.begin; at < end; at += step, to += into.step) {
    const value = vectors[at]!
    if (Number.isNaN(value)) {
      bins[to] = missing
      continue
    }
    // Infinity x 0 is NaN, of which | 0 makes 0.
    const cell = cellOf(value, first, scale)
    let low = before[cell]!
    let high = before[cell + 1]!
    while (low < high) {
      const middle = (low + high) >>> 1
      if (borders[middle]! < value) low = middle + 1
      else high = middle
    }
    bins[to] = low
  }
}
