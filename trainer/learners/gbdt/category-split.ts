import { type ColumnHistogram, gainOfSides, type Split, type SplitLeaf, type SplitTerms } from './split.ts'

/** With so few categories each is tried against all others. */
const ALONE_CATEGORIES_MAX = 3
/** Of one side of a split. */
const SET_CATEGORIES_MAX = 32
/** Rows that must join a set before it is tried again, and of the other side. */
const SET_ROWS_MIN = 100

/**
 * The best set of categories to send left; undefined: none beats `gainMin`. Missing, rare and unknown categories go
 * right.
 *
 * Categories are sorted by gradient / (hessian + smoothing): for a convex loss the best set is a beginning or an end of
 * that order. Constants are LightGBM's. Time: O(c log c) for c categories.
 *
 * @see W. Fisher (1958), On Grouping for Maximum Homogeneity, JASA 53; G. Ke et al. (2017), LightGBM, NIPS.
 */
export function bestCategories(
  histogram: ColumnHistogram,
  leaf: SplitLeaf,
  terms: SplitTerms,
  gainMin: number,
): Split | undefined {
  const { cells, at, bins } = histogram
  if (bins.kind !== 'categories') return undefined
  const rowsPerHessian = leaf.rows / leaf.hessian
  const categories = Array.from({ length: bins.count }, (_, bin) => {
    const [gradient, hessian] = [cells[at + 2 * bin]!, cells[at + 2 * bin + 1]!]
    return { bin, gradient, hessian, rows: Math.round(hessian * rowsPerHessian) }
  })
  const search = { column: histogram.column, leaf, terms, gainMin }
  if (bins.count <= ALONE_CATEGORIES_MAX) return bestAlone(categories, search)
  const { categorySmoothing } = terms
  const sorted = categories
    .filter(({ rows }) => rows >= categorySmoothing)
    .map((category) => ({ ...category, rate: category.gradient / (category.hessian + categorySmoothing) }))
    .sort((one, two) => one.rate - two.rate || one.bin - two.bin)
  const fromLow = bestSet(sorted, search)
  return bestSet(sorted.reverse(), { ...search, gainMin: fromLow?.gain ?? gainMin }) ?? fromLow
}

interface Category {
  bin: number
  gradient: number
  hessian: number
  rows: number
}
interface Search {
  column: number
  leaf: SplitLeaf
  terms: SplitTerms
  gainMin: number
}

function bestAlone(
  categories: readonly Category[],
  { column, leaf, terms, gainMin }: Search,
): Split | undefined {
  let best: Split | undefined
  for (const { bin, gradient, hessian, rows } of categories) {
    const other = { gradient: leaf.gradient - gradient, hessian: leaf.hessian - hessian }
    if (rows < terms.rowsMin || leaf.rows - rows < terms.rowsMin) continue
    if (hessian < terms.hessianMin || other.hessian < terms.hessianMin) continue
    const left = { gradient, hessian }
    const gain = gainOfSides(left, other, { terms, bounds: leaf.bounds, direction: 0 })
    if (gain > (best?.gain ?? gainMin))
      best = { column, test: { kind: 'categories', bins: [bin] }, gain, left, l2: terms.l2 }
  }
  return best
}

/** The best beginning of this order. */
function bestSet(sorted: readonly Category[], { column, leaf, terms, gainMin }: Search): Split | undefined {
  const held = { ...terms, l2: terms.l2 + terms.categoryL2 }
  const most = Math.min(SET_CATEGORIES_MAX, Math.floor((sorted.length + 1) / 2), sorted.length)
  let best: Split | undefined
  let [gradient, hessian, rows, joined] = [0, 0, 0, 0]
  for (let at = 0; at < most; at++) {
    const category = sorted[at]!
    gradient += category.gradient
    hessian += category.hessian
    rows += category.rows
    joined += category.rows
    if (rows < terms.rowsMin || hessian < terms.hessianMin) continue
    const other = { gradient: leaf.gradient - gradient, hessian: leaf.hessian - hessian }
    if (leaf.rows - rows < Math.max(terms.rowsMin, SET_ROWS_MIN) || other.hessian < terms.hessianMin) break
    if (joined < SET_ROWS_MIN) continue
    joined = 0
    const left = { gradient, hessian }
    const gain = gainOfSides(left, other, { terms: held, bounds: leaf.bounds, direction: 0 })
    if (gain > (best?.gain ?? gainMin)) {
      const bins = sorted.slice(0, at + 1).map(({ bin }) => bin)
      best = { column, test: { kind: 'categories', bins }, gain, left, l2: held.l2 }
    }
  }
  return best
}
