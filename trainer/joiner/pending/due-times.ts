import type { JoinTimes } from '../join-times.ts'
import { createLazyHeap } from './lazy-heap.ts'
import type { PendingRows } from './pending-rows.ts'
import type { ToldOutcomes } from './told-outcomes.ts'

/**
 * When there is something to do for a row. An item matures at its showing + the longest horizon + grace. The prediction
 * waits for what has not been told yet as long as labels can be open of what was shown at once, and until nothing more can
 * be shown.
 */
export interface DueTimes {
  /** After a row was added, or told of an item, or its items were settled. */
  refresh(row: number): void
  /** Smallest time at which a row is due; Infinity: none waits. */
  nextMs(): number
  /** Takes the row that is due first; it must be refreshed, or removed. */
  pop(): number
  /** Event time at which an item that was shown then matures; undefined: it was shown too late. */
  maturesAtMs(row: number, shownAtMs: number): number | undefined
  /** Whether an item's labels are final at this time. */
  hasMatured(row: number, streamTimeMs: number): boolean
  readonly memoryBytes: number
}

export function createDueTimes(
  { at }: PendingRows,
  told: ToldOutcomes,
  { rules, shownWithinMs, graceMs }: JoinTimes,
): DueTimes {
  const waitMs = rules.horizonMs + graceMs
  const waitsForMs = Math.max(shownWithinMs, rules.horizonMs) + graceMs
  const heap = createLazyHeap((row) => (at.isWaiting[row] === 1 ? at.dueMs[row]! : NaN))

  function maturesAtMs(row: number, shownAtMs: number): number | undefined {
    return shownAtMs <= at.occurredAtMs[row]! + shownWithinMs ? shownAtMs + waitMs : undefined
  }

  /** Of the items that are not settled; Infinity: none was shown in time. */
  function firstMaturesMs(row: number): number {
    let firstMs = Infinity
    told.eachShown(at.told[row]!, (shownAtMs) => {
      firstMs = Math.min(firstMs, maturesAtMs(row, shownAtMs) ?? Infinity)
    })
    return firstMs
  }

  return {
    refresh(row) {
      const firstMs = firstMaturesMs(row)
      const dueMs = firstMs === Infinity ? at.occurredAtMs[row]! + waitsForMs : firstMs
      if (at.dueMs[row] === dueMs) return
      at.dueMs[row] = dueMs
      heap.push(dueMs, row)
    },
    nextMs: () => heap.topKey(),
    pop() {
      const row = heap.pop()
      at.dueMs[row] = NaN
      return row
    },
    maturesAtMs,
    hasMatured: (row, streamTimeMs) => firstMaturesMs(row) <= streamTimeMs,
    get memoryBytes() {
      return heap.bytes
    },
  }
}
