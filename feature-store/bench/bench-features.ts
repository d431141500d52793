import { decayedCount, recency, smoothedRate, windowedCount } from '../kinds/index.ts'
import { featureStoreConfigSchema, type FeatureStoreConfig } from '../config.ts'
import { TYPES } from './workload.ts'

export const HALF_LIFE_MINUTES = 30
export const BUCKET_MINUTES = 5
export const WINDOW_MINUTES = 60

/**
 * What every contestant keeps per user and per item: views, clicks, clicks that fade (half-life 30 min), clicks per
 * 5-minute bucket of the last hour, time of the last interaction.
 */
export function benchFeatures(deduplicateWindow?: number): FeatureStoreConfig {
  const all = [...TYPES]
  const features = (['user', 'item'] as const).flatMap((entity) => [
    smoothedRate({ entity, of: ['click'], per: ['view'], prior: 0.1, strength: 10 }),
    decayedCount({ entity, of: ['click'], halfLifeMinutes: HALF_LIFE_MINUTES }),
    windowedCount({
      entity,
      of: ['click'],
      windowMinutes: WINDOW_MINUTES,
      bucketMinutes: BUCKET_MINUTES,
    }),
    recency({ entity, of: all }),
  ])
  const deduplicate = deduplicateWindow === undefined ? {} : { window: deduplicateWindow }
  return featureStoreConfigSchema.parse({ interactionTypes: all, attributes: {}, features, deduplicate })
}
