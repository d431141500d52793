import { createHistogramKernel, type SharedMemory } from './histogram-kernel.ts'
import type { MemoryLayout } from './memory-layout.ts'

/** Histograms of a fit. They lie in slots of the shared memory. */
export interface Histograms {
  /** Adds up rows[begin..end) of the tree into a slot, from 0. */
  build(begin: number, end: number, slot: number): void
  /** from -= part: what is left is the histogram of the other rows. */
  subtract(from: number, part: number): void
  /** Gradient and hessian of bin b of a column at `cellsAt(slot, column)` + 2 b. */
  readonly cells: Float64Array
  cellsAt(slot: number, column: number): number
}

/** Adds up rows[begin..end) of one group of columns. */
export type BuildGroup = (group: number, begin: number, end: number, slot: number) => void

/** @param layout also says how many rows there are between two groups */
export function createGroupBuilder(memory: SharedMemory, layout: MemoryLayout, rows: number): BuildGroup {
  const kernel = createHistogramKernel(memory)
  const groupBytes = layout.slotBytes / layout.groups
  const bytes = new Uint8Array(memory.buffer)
  return (group, begin, end, slot) => {
    const histogram = layout.histograms + slot * layout.slotBytes + group * groupBytes
    bytes.fill(0, histogram, histogram + groupBytes)
    if (begin === end) return
    const bins = layout.bins + group * rows * 16
    kernel(bins, layout.gradients, layout.rows + begin * 4, layout.rows + end * 4, histogram)
  }
}

/** @param buildAll adds up all groups: in this thread, or shared with others */
export function createHistograms(
  memory: SharedMemory,
  { histograms, slots, slotBytes }: MemoryLayout,
  buildAll: Histograms['build'],
): Histograms {
  const length = slotBytes / 8
  const cells = new Float64Array(memory.buffer, histograms, slots * length)
  return {
    cells,
    cellsAt: (slot, column) => slot * length + column * 512,
    build: buildAll,
    subtract(from, part) {
      const [to, away] = [from * length, part * length]
      for (let at = 0; at < length; at++) cells[to + at]! -= cells[away + at]!
    },
  }
}
