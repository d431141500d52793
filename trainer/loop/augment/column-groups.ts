import type { BucketColumns } from '#feature-store'

/** Columns that one definition made: they stand for one thing. */
export interface ColumnGroup {
  columns: readonly number[]
  /** A name in columns (yes or no, one of several, a bucket): it is taken over whole. Otherwise a quantity, which has a between. */
  isNominal: boolean
}

/** Rows that are looked at to tell names from quantities. */
const LOOKED_AT_ROWS_MAX = 5_000

/**
 * Tells names from quantities: a group is nominal when it holds numbers of buckets, or none of its columns has more than two
 * values. O(rows x width).
 */
export function columnGroups(
  groups: readonly { at: number; names: readonly string[] }[],
  buckets: readonly BucketColumns[] | undefined,
  { vectors, count, width }: { vectors: Float32Array; count: number; width: number },
): ColumnGroup[] {
  const inBuckets = new Set(buckets?.flatMap(({ columns }) => columns) ?? [])
  const step = Math.max(1, Math.floor(count / LOOKED_AT_ROWS_MAX))
  function isTwofold(column: number): boolean {
    const values = new Set<number>()
    for (let row = 0; row < count && values.size < 3; row += step) values.add(vectors[row * width + column]!)
    return values.size < 3
  }
  return groups.map(({ at, names }) => {
    const columns = names.map((_, n) => at + n)
    return {
      columns,
      isNominal: columns.some((column) => inBuckets.has(column)) || columns.every(isTwofold),
    }
  })
}
