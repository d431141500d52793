import { binRows, type Matrix } from './binned-rows.ts'
import type { ColumnBins } from './column-bins.ts'
import { createSharedMemory, type SharedMemory } from './histogram-kernel.ts'
import { type MemoryLayout, memoryLayoutOf } from './memory-layout.ts'

/** The shared memory of a fit, with the bins of all rows in it, and views of its parts. */
export interface FitMemory {
  memory: SharedMemory
  layout: MemoryLayout
  bins: Uint8Array
  /** Gradient and hessian of each row. */
  pairs: Float32Array
  /** Room for the rows of one tree. */
  rows: Uint32Array
}

export function createFitMemory(matrix: Matrix, columns: readonly ColumnBins[], leaves: number): FitMemory {
  const { count, width } = matrix
  const layout = memoryLayoutOf({ rows: count, width, leaves })
  const memory = createSharedMemory(layout.pages)
  const { buffer } = memory
  const bins = new Uint8Array(buffer, layout.bins)
  binRows(matrix, columns, bins)
  return {
    memory,
    layout,
    bins,
    pairs: new Float32Array(buffer, layout.gradients, 2 * count),
    rows: new Uint32Array(buffer, layout.rows, count),
  }
}
