import { DDSketch } from '@datadog/sketches-js'

/**
 * Quantiles of values, each within `accuracy` of its own size. The library maps values to bins and reads quantiles; what is kept
 * is its bins as pairs of bin and count, sparse and ascending, so that the same values in any order leave the same bytes: its own
 * protobuf depends on the order, its `merge` (2.1.1) loses negative values.
 *
 * @see C. Masson et al. (2019), DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees, PVLDB 12
 * (12), 2195-2205.
 */
export interface QuantileSketch {
  /** @param bins pairs, changed in place */
  add(bins: number[], value: number): void
  /** Of all these together; null: there is no value. */
  quantile(lists: readonly (readonly number[])[], quantile: number): number | null
}

/** Bins of one sign, from the largest value down: at 2 % accuracy the largest is 700 million times the smallest. Beyond that the smallest are one. */
export const BINS_MAX = 512
/** Numbers of a list: pairs for both signs, and zero. */
export const BIN_NUMBERS_MAX = 2 * (2 * BINS_MAX + 1)

export function quantileSketch(accuracy: number): QuantileSketch {
  const { mapping } = new DDSketch({ relativeAccuracy: accuracy })

  function codeOf(value: number): number {
    if (Math.abs(value) <= mapping.minPossible) return 0
    const key = mapping.key(Math.abs(value))
    return 1 + 2 * (key + KEYS) + (value < 0 ? 1 : 0)
  }
  const valueOf = (code: number): number => {
    if (code === 0) return 0
    const value = mapping.value(keyOf(code))
    return isNegative(code) ? -value : value
  }
  return {
    add(bins, value) {
      const code = codeOf(value)
      increase(bins, code, 1)
      if (code !== 0) keepLargest(bins, isNegative(code))
    },
    quantile(lists, quantile) {
      const sketch = new DDSketch({ relativeAccuracy: accuracy })
      for (const bins of lists)
        for (let at = 0; at < bins.length; at += 2) sketch.accept(valueOf(bins[at]!), bins[at + 1]!)
      return sketch.count === 0 ? null : sketch.getValueAtQuantile(quantile)
    },
  }
}

/** Codes are whole numbers, not negative: 0 zero, then the bins of positive and negative values in turn. */
const KEYS = 2 ** 20
const keyOf = (code: number): number => ((code - 1) >> 1) - KEYS
const isNegative = (code: number): boolean => code !== 0 && ((code - 1) & 1) === 1

function increase(bins: number[], code: number, by: number): void {
  let at = 0
  while (at < bins.length && bins[at]! < code) at += 2
  if (bins[at] === code) bins[at + 1]! += by
  else bins.splice(at, 0, code, by)
}

/** What lies more than BINS_MAX below the largest of its sign is counted in the lowest bin that is left. */
function keepLargest(bins: number[], negative: boolean): void {
  let largest = -1
  for (let at = bins.length - 2; at >= 0 && largest < 0; at -= 2)
    if (bins[at] !== 0 && isNegative(bins[at]!) === negative) largest = bins[at]!
  const lowest = largest - 2 * (BINS_MAX - 1)
  let low = 0
  for (let at = 0; at < bins.length && bins[at]! < lowest;) {
    if (bins[at] === 0 || isNegative(bins[at]!) !== negative) {
      at += 2
      continue
    }
    low += bins[at + 1]!
    bins.splice(at, 2)
  }
  if (low > 0) increase(bins, lowest, low)
}
