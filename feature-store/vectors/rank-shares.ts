/** Alone nobody is lower and nobody higher. */
const MIDDLE = 0.5

/**
 * Which share of the others lies below one of these values, equals counting half: 0 lowest, 1 highest. Time: log n.
 *
 * @param sorted all of them, ascending
 */
export function rankShare(sorted: Float64Array, value: number): number {
  if (sorted.length < 2) return MIDDLE
  const below = firstNotBelow(sorted, value)
  const equal = firstAbove(sorted, value) - below
  return (below + (equal - 1) / 2) / (sorted.length - 1)
}

function firstNotBelow(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! >= value) high = middle
    else low = middle + 1
  }
  return low
}

function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}
