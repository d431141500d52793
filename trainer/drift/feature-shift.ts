export interface FeatureShift {
  /** Population stability index over the deciles of the earlier values; 0.25 and more is called a major shift. */
  psi: number
  /** Whether this value lies where there are clearly more values than before. */
  isGrown(value: number): boolean
}

const BINS_MAX = 10
/** Stands in for an empty bin's share, so that the index stays finite. */
const EMPTY_SHARE = 1e-4
const GROWN_RATIO = 1.5

/**
 * How far the distribution of one feature has moved. Bins are the distinct deciles of the earlier values, and one
 * bin of its own for each value that makes up a tenth or more of them (0 and 1 of a one-hot column). O(n log n).
 *
 * @see N. Siddiqi (2006), Credit Risk Scorecards, Wiley (population stability index).
 */
export function shiftOf(before: readonly number[], after: readonly number[]): FeatureShift {
  if (before.length === 0 || after.length === 0) return { psi: 0, isGrown: () => false }
  const sorted = Float64Array.from(before).sort()
  const edges = [
    ...new Set(
      Array.from(
        { length: BINS_MAX - 1 },
        (_, at) => sorted[Math.floor(((at + 1) * sorted.length) / BINS_MAX)]!,
      ),
    ),
  ]
  /** Twice the number of edges below, plus one exactly on an edge. */
  const binOf = (value: number) => {
    let bin = 0
    for (const edge of edges) {
      if (value < edge) return bin
      if (value === edge) return bin + 1
      bin += 2
    }
    return bin
  }
  const shares = sharesOf(before, binOf, edges.length * 2 + 1)
  const sharesAfter = sharesOf(after, binOf, edges.length * 2 + 1)
  let psi = 0
  for (const [bin, share] of shares.entries()) {
    const [was, is] = [Math.max(share, EMPTY_SHARE), Math.max(sharesAfter[bin]!, EMPTY_SHARE)]
    psi += (is - was) * Math.log(is / was)
  }
  return { psi, isGrown: (value) => sharesAfter[binOf(value)]! > shares[binOf(value)]! * GROWN_RATIO }
}

function sharesOf(values: readonly number[], binOf: (value: number) => number, bins: number): number[] {
  const counts = Array.from({ length: bins }, () => 0)
  for (const value of values) counts[binOf(value)]! += 1
  return counts.map((count) => count / values.length)
}
