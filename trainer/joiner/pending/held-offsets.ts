import type { SourceOffset } from '../source-offset.ts'
import { createLazyHeap } from './lazy-heap.ts'
import type { PendingRows } from './pending-rows.ts'

/** The smallest offset per source of the records that each row was made of, and the smallest of them all. */
export interface HeldOffsets {
  note(row: number, at: SourceOffset): void
  /** Smallest offset of this source that a row needs; Infinity: none. */
  needed(source: string): number
  /** Whether one of its records was read before this offset of its source. */
  isBefore(row: number, upTo: ReadonlyMap<string, number>): boolean
  readonly memoryBytes: number
}

export function createHeldOffsets({ at }: PendingRows, sources: readonly string[]): HeldOffsets {
  const held = new Map(
    sources.map((source, number) => {
      const columnOf = () => at[`offset${number}`]!
      // In the rows one more than the offset: 0 is none.
      return [source, { columnOf, heap: createLazyHeap((row) => columnOf()[row]! - 1) }]
    }),
  )
  return {
    note(row, { source, offset }) {
      const { columnOf, heap } = held.get(source)!
      const known = columnOf()[row]!
      if (known !== 0 && known - 1 <= offset) return
      columnOf()[row] = offset + 1
      heap.push(offset, row)
    },
    needed: (source) => held.get(source)!.heap.topKey(),
    isBefore: (row, upTo) =>
      [...held].some(([source, { columnOf }]) => {
        const offset = columnOf()[row]! - 1
        return offset >= 0 && offset < (upTo.get(source) ?? 0)
      }),
    get memoryBytes() {
      return [...held.values()].reduce((sum, { heap }) => sum + heap.bytes, 0)
    },
  }
}
