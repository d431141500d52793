import { shiftOf } from '../../drift/feature-shift.ts'
import { areaUnderCurve } from '../../metrics/index.ts'

/** Rows of a part, by the block. */
export interface Block {
  vectors: Float32Array
  labels: Uint8Array
  width: number
}

/** A column that knows the label better than anything known beforehand should. */
export interface Leak {
  column: string
  /** Of the column alone, whichever way round. */
  auc: number
}

const LEAK_AUC_MIN = 0.98
const LEAK_POSITIVES_MIN = 20

/** Columns that tell the label all alone. O(columns x rows log rows). */
export function leaksIn({ vectors, labels, width }: Block, names: readonly string[]): Leak[] {
  const positives = labels.reduce((sum, label) => sum + label, 0)
  if (positives < LEAK_POSITIVES_MIN || labels.length - positives < LEAK_POSITIVES_MIN) return []
  return names
    .map((column, at) => {
      const auc = areaUnderCurve(
        Array.from(labels, (label, row) => ({ score: vectors[row * width + at]!, label })),
      )!
      return { column, auc: Math.max(auc, 1 - auc) }
    })
    .filter(({ auc }) => auc >= LEAK_AUC_MIN)
    .sort((left, right) => right.auc - left.auc)
}

/** How far a column's values have moved from the first half of the time to the second. */
export interface HalfShift {
  column: string
  /** Made of what happened before, or of the time: such columns move in any log, since history fills and days pass. */
  movesByItself: boolean
  /** Population stability index: 0.1 some, 0.25 a major shift. */
  psi: number
  meanBefore: number
  meanAfter: number
}

/** Most first. O(columns x rows log rows). */
export function shiftsBetween(
  before: Block,
  after: Block,
  columns: readonly Pick<HalfShift, 'column' | 'movesByItself'>[],
): HalfShift[] {
  const columnOf = ({ vectors, labels, width }: Block, at: number) =>
    Array.from(labels, (_, row) => vectors[row * width + at]!)
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  return columns
    .map((column, at) => {
      const [was, is] = [columnOf(before, at), columnOf(after, at)]
      return { ...column, psi: shiftOf(was, is).psi, meanBefore: mean(was), meanAfter: mean(is) }
    })
    .sort((left, right) => right.psi - left.psi)
}
