import type { FeatureDefinition } from './definitions.ts'
import { genericFeatures } from './generic-features.ts'

const numbered = (letter: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${letter}${String(n)}`)

/** The demo's feed: the generic set, with what is known of its users and items. */
export const DEFAULT_FEATURES: FeatureDefinition[] = genericFeatures({
  of: ['click'],
  per: ['view'],
  attributes: {
    user: { segment: { kind: 'text', values: numbered('s', 4) } },
    item: {
      category: { kind: 'text', values: numbered('c', 8) },
      price: { kind: 'number', mean: 0.5, deviation: 0.3 },
    },
  },
})
