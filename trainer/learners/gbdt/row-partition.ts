import { binOffset } from './binned-rows.ts'
import type { ColumnBins } from './column-bins.ts'
import { BINS_PER_COLUMN, GROUP_COLUMNS } from './memory-layout.ts'
import type { SplitTest } from './split.ts'

/** Rows of the tree being grown, each leaf's side by side. */
export interface RowPartition {
  readonly rows: Uint32Array
  /** Moves those of rows[begin..end) that go left before the others, each side in its order. @returns how many */
  split(begin: number, end: number, column: number, test: SplitTest): number
}

export function createRowPartition(
  { rows, bins, count }: { rows: Uint32Array; bins: Uint8Array; count: number },
  columns: readonly ColumnBins[],
): RowPartition {
  const others = new Uint32Array(rows.length)
  return {
    rows,
    split(begin, end, column, test) {
      const isLeft = leftBins(test, columns[column]!)
      const offset = binOffset(column, count)
      let left = begin
      let right = 0
      for (let at = begin; at < end; at++) {
        const row = rows[at]!
        const goesLeft = isLeft[bins[offset + row * GROUP_COLUMNS]!]!
        // Both are written, one counts: a branch would be guessed wrong every other time.
        rows[left] = row
        others[right] = row
        left += goesLeft
        right += 1 - goesLeft
      }
      rows.set(others.subarray(0, right), left)
      return left - begin
    },
  }
}

/** 1 for each bin that goes left. */
function leftBins(test: SplitTest, { count }: ColumnBins): Uint8Array {
  const isLeft = new Uint8Array(BINS_PER_COLUMN)
  if (test.kind === 'border') {
    isLeft.fill(1, 0, test.bin + 1)
    isLeft[count] = Number(test.missingLeft)
  } else {
    for (const bin of test.bins) isLeft[bin] = 1
  }
  return isLeft
}
