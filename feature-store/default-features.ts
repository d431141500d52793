import type { FeatureDefinition } from './definitions.ts'
import { age, attribute, cross, decayedCount, recency, smoothedRate, windowedCount } from './kinds/index.ts'

const clickRate = { of: ['click'], per: ['view'], prior: 0.12 }

/** What the demo's feed knows: activity, click rates at two speeds, age, price, category, and tastes. */
export const DEFAULT_FEATURES: FeatureDefinition[] = [
  decayedCount({ entity: 'user', of: ['view'], halfLifeMinutes: 360 }),
  windowedCount({ entity: 'user', of: ['view'], windowMinutes: 30, bucketMinutes: 5 }),
  smoothedRate({ entity: 'user', ...clickRate, strength: 20, halfLifeMinutes: 360 }),
  recency({ entity: 'user', of: ['click'] }),
  attribute({ entity: 'user', attribute: 'segment', as: { oneHot: ['s0', 's1', 's2', 's3'] } }),
  decayedCount({ entity: 'item', of: ['view'], halfLifeMinutes: 30 }),
  windowedCount({ entity: 'item', of: ['click'], windowMinutes: 60, bucketMinutes: 10 }),
  smoothedRate({ entity: 'item', ...clickRate, strength: 20, halfLifeMinutes: 30 }),
  smoothedRate({ entity: 'item', ...clickRate, strength: 20, halfLifeMinutes: 360 }),
  smoothedRate({
    entity: 'item',
    of: ['like'],
    per: ['click'],
    prior: 0.2,
    strength: 10,
    halfLifeMinutes: 360,
  }),
  recency({ entity: 'item', of: ['view'] }),
  age({ entity: 'item' }),
  attribute({ entity: 'item', attribute: 'price', as: 'number', scale: { subtract: 0.5, divide: 0.5 } }),
  attribute({
    entity: 'item',
    attribute: 'category',
    as: { oneHot: ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'] },
  }),
  cross({ ...clickRate, by: 'category', strength: 5, halfLifeMinutes: 180 }),
  cross({
    ...clickRate,
    by: 'price',
    bands: [0.25, 0.5, 0.75],
    strength: 5,
    halfLifeMinutes: 180,
    valuesMax: 4,
  }),
]
