/** Columns whose bins lie together, one byte each: a row of a group is one load of 16 bytes. */
export const GROUP_COLUMNS = 16
/** Bins of a column and the one of missing values. */
export const BINS_PER_COLUMN = 256
/** A gradient and a hessian, float64. */
const CELL_BYTES = 16
export const COLUMN_HISTOGRAM_BYTES = BINS_PER_COLUMN * CELL_BYTES

const PAGE_BYTES = 65_536
/** What a 32 bit address reaches. */
const MEMORY_BYTES_MAX = 4 * 1024 ** 3 - PAGE_BYTES
/** Histograms beyond it are made again instead of kept. */
const HISTOGRAM_BYTES_MAX = 512 * 1024 ** 2
/** The parent's and both children's. */
const SLOTS_MIN = 3

/** Where everything lies in the one memory that all threads of a fit share: byte offsets. */
export interface MemoryLayout {
  groups: number
  /** Histograms kept at once, and their size. */
  slots: number
  slotBytes: number
  histograms: number
  /** Gradient and hessian of each row, float32. */
  gradients: number
  /** Rows of the tree being grown, uint32, in the order of its leaves. */
  rows: number
  /** Group after group, row after row, 16 bins each. */
  bins: number
  pages: number
}

/**
 * Bytes: rows x (16 x groups + 12) + slots x width x 4,096, where slots = leaves within 512 MiB.
 *
 * @throws when it is more than the 4 GiB that an address reaches
 */
export function memoryLayoutOf(sizes: { rows: number; width: number; leaves: number }): MemoryLayout {
  const groups = Math.max(1, Math.ceil(sizes.width / GROUP_COLUMNS))
  const slotBytes = groups * GROUP_COLUMNS * COLUMN_HISTOGRAM_BYTES
  const slots = Math.max(SLOTS_MIN, Math.min(sizes.leaves, Math.floor(HISTOGRAM_BYTES_MAX / slotBytes)))
  const histograms = 0
  const gradients = histograms + slots * slotBytes
  const rows = gradients + sizes.rows * 8
  const bins = Math.ceil((rows + sizes.rows * 4) / GROUP_COLUMNS) * GROUP_COLUMNS
  const bytes = bins + sizes.rows * groups * GROUP_COLUMNS
  if (bytes > MEMORY_BYTES_MAX)
    throw new Error(
      `${String(sizes.rows)} rows of ${String(sizes.width)} columns need ${String(Math.ceil(bytes / 1024 ** 2))} MiB, more than 4 GiB: fit fewer rows`,
    )
  return { groups, slots, slotBytes, histograms, gradients, rows, bins, pages: Math.ceil(bytes / PAGE_BYTES) }
}
