import { createBinWriter } from './bin-lookup.ts'
import { bordersOf, categoriesOf, type ColumnBins } from './column-bins.ts'
import type { ColumnRule } from './columns.ts'
import { createFloatSort } from './float-sort.ts'
import { GROUP_COLUMNS } from './memory-layout.ts'
import type { Draws } from './seeded-draws.ts'

/** Rows that borders are sought in: quantiles of 255 bins are known to a few percent of a bin. */
const SAMPLE_ROWS_MAX = 100_000
/** Rows binned column by column while they are in the cache. */
const BLOCK_ROWS = 1_024

export interface Matrix {
  count: number
  width: number
  /** count x width, row-major; NaN is missing. */
  vectors: Float32Array
}

/** The bins of each column, from a sample of these rows when they are many. */
export function columnBinsOf(
  matrix: Matrix,
  { rules, binsMax, draws }: { rules: readonly ColumnRule[]; binsMax: number; draws: Draws },
): ColumnBins[] {
  const { count, width, vectors } = matrix
  const sampled = draws.subset(count, Math.min(count, SAMPLE_ROWS_MAX))
  const sample = new Float32Array(sampled.length)
  const sort = createFloatSort(sampled.length)
  const isLacked = lackedColumns(matrix)
  return rules.map(({ isCategorical }, column) => {
    for (let at = 0; at < sampled.length; at++) sample[at] = vectors[sampled[at]! * width + column]!
    sort(sample)
    if (isCategorical) {
      const values = categoriesOf(sample, binsMax)
      const binOf = new Map([...values].map((value, bin) => [value, bin]))
      return { kind: 'categories', values, binOf, count: values.length }
    }
    const borders = bordersOf(sample, binsMax)
    return { kind: 'borders', borders, count: borders.length + 1, hasMissing: isLacked[column] === 1 }
  })
}

/** 1 for each column that some row lacks. */
function lackedColumns({ count, width, vectors }: Matrix): Uint8Array {
  const isLacked = new Uint8Array(width)
  for (let row = 0, at = 0; row < count; row++)
    for (let column = 0; column < width; column++, at++) if (Number.isNaN(vectors[at])) isLacked[column] = 1
  return isLacked
}

/** Writes the bins of all rows: groups of 16 columns one after another, in each the rows, 16 bytes a row. */
export function binRows(
  { count, width, vectors }: Matrix,
  columns: readonly ColumnBins[],
  into: Uint8Array,
): void {
  const writers = columns.map(createBinWriter)
  for (let begin = 0; begin < count; begin += BLOCK_ROWS) {
    const end = Math.min(count, begin + BLOCK_ROWS)
    for (const [column, write] of writers.entries()) {
      const values = { vectors, begin: begin * width + column, end: end * width, step: width }
      const from = binOffset(column, count) + begin * GROUP_COLUMNS
      write(values, { bins: into, begin: from, step: GROUP_COLUMNS })
    }
  }
}

/** Where the bins of a column begin; the next row's is 16 bytes on. */
export function binOffset(column: number, rows: number): number {
  const lane = column % GROUP_COLUMNS
  return ((column - lane) / GROUP_COLUMNS) * rows * GROUP_COLUMNS + lane
}
