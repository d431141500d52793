import type { Quantiles } from './demo-report.ts'

/** Exact p50 and p99 (nearest rank); null of nothing. Sorts a copy: O(n log n). */
export function quantilesOf(values: readonly number[]): Quantiles | null {
  if (values.length === 0) return null
  const sorted = Float64Array.from(values).sort()
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
  return { p50: at(0.5), p99: at(0.99) }
}
