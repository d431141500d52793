/** Which event time a retrain looks at. */
export type WindowShape = { kind: 'all' } | { kind: 'sliding' | 'tumbling'; spanMinutes: number }

const MINUTE_MS = 60_000

/**
 * From (inclusive) and to (exclusive), and how many whole stretches of a tumbling window there have been. A tumbling window
 * is its last whole stretch; before the first one is whole, what there is.
 */
export function spanOf(
  shape: WindowShape,
  { newestMs, oldestMs }: { newestMs: number; oldestMs: number },
): { fromMs: number; toMs: number; stretches: number } {
  const everything = { fromMs: -Infinity, toMs: Infinity, stretches: 0 }
  if (shape.kind === 'all' || newestMs === -Infinity) return everything
  const spanMs = shape.spanMinutes * MINUTE_MS
  if (shape.kind === 'sliding') return { ...everything, fromMs: newestMs - spanMs }
  const startMs = Math.floor(newestMs / spanMs) * spanMs
  const stretches = Math.floor(newestMs / spanMs) - Math.floor(oldestMs / spanMs)
  return stretches === 0 ? everything : { fromMs: startMs - spanMs, toMs: startMs, stretches }
}
