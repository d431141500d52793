import { UNBOUNDED } from './leaf-value.ts'
import {
  type ColumnHistogram,
  gainOfSides,
  type Split,
  type SplitLeaf,
  type SplitTerms,
  type Sums,
} from './split.ts'

/**
 * The best border of one column of a leaf, and the side on which missing values do best; undefined: none beats
 * `gainMin`. Equal gains: missing values left, then the highest border. Time: O(bins), twice when values are missing.
 *
 * Rows of a bin are estimated from its hessian, each rounded, as LightGBM does: exact counts would be a third sum per cell.
 *
 * @see T. Chen, C. Guestrin (2016), XGBoost, KDD, algorithms 1 and 3.
 */
export function bestBorder(
  histogram: ColumnHistogram,
  leaf: SplitLeaf,
  terms: SplitTerms,
  gainMin: number,
): Split | undefined {
  const { column, bins } = histogram
  if (bins.kind !== 'borders') return undefined
  const walk = walkOf(histogram, leaf, terms)
  const fromRight = walk(gainMin, false)
  const fromLeft = bins.hasMissing ? walk(fromRight?.gain ?? gainMin, true) : undefined
  if (fromLeft !== undefined) {
    const { gain, step, near } = fromLeft
    return { column, test: { kind: 'border', bin: step, missingLeft: false }, gain, left: near, l2: terms.l2 }
  }
  if (fromRight === undefined) return undefined
  const { gain, step, near } = fromRight
  const left = { gradient: leaf.gradient - near.gradient, hessian: leaf.hessian - near.hessian }
  const test = { kind: 'border', bin: bins.count - 2 - step, missingLeft: true } as const
  return { column, test, gain, left, l2: terms.l2 }
}

interface Found {
  gain: number
  /** Bins walked before the last of the near side. */
  step: number
  /** Of the bins walked. */
  near: Sums
}

/** Adds up bins from one end, the near side; what is left is the far side, with the missing values. */
type Walk = (gainMin: number, isForward: boolean) => Found | undefined

function walkOf({ cells, at, bins, rule }: ColumnHistogram, leaf: SplitLeaf, terms: SplitTerms): Walk {
  const isPlain = terms.l1 === 0 && rule.direction === 0 && leaf.bounds === UNBOUNDED
  const limits = { cells, rowsMin: terms.rowsMin, hessianMin: terms.hessianMin }
  return (gainMin, isForward) => {
    const [first, steps] = isForward ? [at, bins.count] : [at + 2 * (bins.count - 1), bins.count - 1]
    const path = { ...limits, first, steps, stride: isForward ? 2 : -2 }
    if (isPlain) return walkPlain(path, leaf, terms.l2, gainMin)
    const sides = { terms, bounds: leaf.bounds, direction: rule.direction }
    return walkBounded(path, leaf, gainMin, (near, far) =>
      isForward ? gainOfSides(near, far, sides) : gainOfSides(far, near, sides),
    )
  }
}

interface Path {
  cells: Float64Array
  first: number
  stride: number
  steps: number
  rowsMin: number
  hessianMin: number
}

/** Without l1 and bounds the gain is G1² / (H1 + l2) + G2² / (H2 + l2). One division, and only for a better one. */
function walkPlain(
  { cells, first, stride, steps, rowsMin, hessianMin }: Path,
  { gradient, hessian, rows }: SplitLeaf,
  l2: number,
  gainMin: number,
): Found | undefined {
  const rowsPerHessian = rows / hessian
  let [nearGradient, nearHessian, nearRows, cell] = [0, 0, 0, first]
  let [gain, best, bestGradient, bestHessian] = [gainMin, -1, 0, 0]
  for (let step = 0; step < steps; step++, cell += stride) {
    const cellHessian = cells[cell + 1]!
    nearGradient += cells[cell]!
    nearHessian += cellHessian
    nearRows += (cellHessian * rowsPerHessian + 0.5) | 0
    if (nearRows < rowsMin || nearHessian < hessianMin) continue
    if (rows - nearRows < rowsMin || hessian - nearHessian < hessianMin) break
    const farGradient = gradient - nearGradient
    const nearWeight = nearHessian + l2
    const farWeight = hessian - nearHessian + l2
    const saved = nearGradient * nearGradient * farWeight + farGradient * farGradient * nearWeight
    const weight = nearWeight * farWeight
    if (saved <= gain * weight) continue
    gain = saved / weight
    best = step
    bestGradient = nearGradient
    bestHessian = nearHessian
  }
  if (best === -1) return undefined
  return { gain, step: best, near: { gradient: bestGradient, hessian: bestHessian } }
}

function walkBounded(
  { cells, first, stride, steps, rowsMin, hessianMin }: Path,
  { gradient, hessian, rows }: SplitLeaf,
  gainMin: number,
  gainOf: (near: Sums, far: Sums) => number,
): Found | undefined {
  const rowsPerHessian = rows / hessian
  let [nearGradient, nearHessian, nearRows, cell] = [0, 0, 0, first]
  let found: Found | undefined
  for (let step = 0; step < steps; step++, cell += stride) {
    const cellHessian = cells[cell + 1]!
    nearGradient += cells[cell]!
    nearHessian += cellHessian
    nearRows += (cellHessian * rowsPerHessian + 0.5) | 0
    if (nearRows < rowsMin || nearHessian < hessianMin) continue
    if (rows - nearRows < rowsMin || hessian - nearHessian < hessianMin) break
    const near = { gradient: nearGradient, hessian: nearHessian }
    const far = { gradient: gradient - nearGradient, hessian: hessian - nearHessian }
    const gain = gainOf(near, far)
    if (gain > (found?.gain ?? gainMin)) found = { gain, step, near }
  }
  return found
}
