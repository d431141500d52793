import { STALE } from '#feature-store'
import type { Prediction } from '#schemas'

/** The vectors of a prediction and their flags but for the stale bit, by item: what a backtest must have in common with live. */
export function withoutStale({ featureSetId, ranking }: Prediction): Record<string, unknown> {
  const recorded = ranking.map(({ itemId, vector, flags }) => [
    itemId,
    { vector: vector!.toString('hex'), flags: [...flags!].map((flag) => flag & ~STALE) },
  ])
  return { featureSetId, ...Object.fromEntries(recorded) }
}
