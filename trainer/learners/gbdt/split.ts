import type { ColumnBins } from './column-bins.ts'
import { leafGain, leafValue, type LeafBounds, type LeafTerms, UNBOUNDED } from './leaf-value.ts'
import type { ColumnRule } from './columns.ts'

/** Of the rows of one side of a split, or of a leaf. */
export interface Sums {
  gradient: number
  hessian: number
}

/** Which way a row goes at a node. */
export type SplitTest =
  /** Bins up to `bin` go left. */
  | { kind: 'border'; bin: number; missingLeft: boolean }
  /** These bins go left. */
  | { kind: 'categories'; bins: readonly number[] }

export interface Split {
  column: number
  test: SplitTest
  /** What it saves, above what the leaf saves as it is. */
  gain: number
  left: Sums
  /** l2 of both sides: splits into categories are held back more. */
  l2: number
}

export interface SplitTerms extends LeafTerms {
  rowsMin: number
  hessianMin: number
  gainMin: number
  categorySmoothing: number
  categoryL2: number
}

/** The leaf whose rows are to be split. */
export interface SplitLeaf extends Sums {
  rows: number
  bounds: LeafBounds
}

/** One column of a leaf's histogram: gradient and hessian of bin b at 2 b and 2 b + 1 from `at`. */
export interface ColumnHistogram {
  column: number
  cells: Float64Array
  at: number
  bins: ColumnBins
  rule: ColumnRule
}

/** What the leaf is worth unsplit, bounds aside as in LightGBM: a split must save more. */
export function gainToBeat(leaf: SplitLeaf, terms: SplitTerms): number {
  return leafGain(leaf.gradient, leaf.hessian, terms, UNBOUNDED) + terms.gainMin
}

/** What both sides save; -Infinity when the column is monotone and they would stand the wrong way round. */
export function gainOfSides(
  left: Sums,
  right: Sums,
  { terms, bounds, direction }: { terms: LeafTerms; bounds: LeafBounds; direction: -1 | 0 | 1 },
): number {
  if (direction !== 0) {
    const rise =
      leafValue(right.gradient, right.hessian, terms, bounds) -
      leafValue(left.gradient, left.hessian, terms, bounds)
    if (rise * direction < 0) return -Infinity
  }
  return (
    leafGain(left.gradient, left.hessian, terms, bounds) +
    leafGain(right.gradient, right.hessian, terms, bounds)
  )
}
