import type { FeatureDefinition } from '../definitions.ts'
import {
  attribute,
  decayedCount,
  derived,
  distinctCount,
  lastItems,
  recency,
  windowedQuantile,
  windowedValue,
} from '../kinds/index.ts'

const window = { windowMinutes: 30, bucketMinutes: 5 }

/** Kinds with tiles, sketches and lists in their states, for the attributes of the demo's feed: what must be the same everywhere. */
export const STATEFUL_FEATURES: readonly FeatureDefinition[] = [
  windowedValue({ entity: 'item', of: ['view'], as: 'mean', ...window }),
  windowedValue({ entity: 'user', of: ['view', 'like'], as: 'max', ...window }),
  windowedQuantile({ entity: 'item', of: ['view'], quantile: 0.9, ...window }),
  windowedQuantile({ entity: 'user', of: ['click'], quantile: 0.5 }),
  distinctCount({ entity: 'item', of: ['view'], each: 'user', hashesMax: 16, ...window }),
  distinctCount({ entity: 'user', of: ['view'], each: 'item', hashesMax: 16 }),
  distinctCount({ entity: 'user', of: ['click'], each: { item: 'category' }, ...window }),
  lastItems({ of: ['click', 'like'], by: 'category', last: 3 }),
  lastItems({ of: ['view'], last: 4 }),
  recency({
    entity: 'item',
    of: ['hide'],
    name: 'hidden',
    maxAgeMinutes: 20,
    whenMissing: 'flag',
    default: 3,
  }),
  attribute({ entity: 'item', attribute: 'price', as: 'number', name: 'fresh_price', maxAgeMinutes: 40 }),
  decayedCount({
    entity: 'item',
    of: ['click'],
    name: 'liked',
    maxAgeMinutes: 30,
    whenMissing: 'dropCandidate',
  }),
  derived({
    inputs: ['hidden', 'user_last_4_view_items'],
    fn: (hidden, among) => (hidden === null || among === null ? null : hidden * (1 - among)),
    version: 1,
  }),
]
