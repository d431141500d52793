import { describe, expect, it } from 'vitest'
import { WHAT_AND_WHY } from '#streams/testing'
import {
  featureLimitsSchema,
  featureStoreConfigSchema,
  parseFeatureStoreConfig,
  type FeatureStoreConfigInput,
} from './config.ts'
import {
  attribute,
  contextAttribute,
  cross,
  decayedCount,
  product,
  smoothedRate,
  windowedCount,
} from './kinds/index.ts'
import { FeatureConfigError } from './errors.ts'
import { compileFeatureSet } from './feature-set.ts'

const click = { of: ['click'], per: ['view'], prior: 0.1, strength: 5 }

function mistakesOf(input: unknown): readonly string[] {
  try {
    parseFeatureStoreConfig(input as FeatureStoreConfigInput)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(FeatureConfigError)
    return (error as FeatureConfigError).mistakes
  }
}

describe('feature store configuration', () => {
  it('is the demo feed when nothing is said', () => {
    const config = featureStoreConfigSchema.parse({})
    expect(config.features.length).toBe(38)
    expect(compileFeatureSet(config).width).toBe(78)
  })

  it('refuses a name that is a column of another feature', () => {
    const mistakes = mistakesOf({
      features: [
        attribute({ entity: 'item', attribute: 'price', as: 'number' }),
        windowedCount({
          entity: 'user',
          of: ['view'],
          windowMinutes: 10,
          bucketMinutes: 5,
          name: 'item_price__missing',
        }),
      ],
    })
    expect(mistakes).toEqual([
      'features.1.name: item_price__missing is a column of item_price; give this feature another name',
    ])
  })

  it('reports every mistake at once, with its path and what to do', () => {
    const mistakes = mistakesOf({
      features: [
        decayedCount({ entity: 'user', of: ['stare'], halfLifeMinutes: 10 }),
        windowedCount({ entity: 'user', of: ['view'], windowMinutes: 10, bucketMinutes: 3 }),
        attribute({ entity: 'item', attribute: 'colour', as: { oneHot: ['red'] } }),
        attribute({ entity: 'item', attribute: 'price', as: { hashed: 8 } }),
        attribute({ entity: 'item', attribute: 'category', as: 'number' }),
        attribute({ entity: 'item', attribute: 'category', as: { oneHot: ['c0'] }, name: 'twice' }),
        smoothedRate({ entity: 'item', ...click, name: 'twice' }),
        cross({ ...click, by: 'price', halfLifeMinutes: 10 }),
        cross({ ...click, by: 'category', bands: [1], halfLifeMinutes: 10 }),
        cross({ ...click, by: 'price', bands: [1, 1], halfLifeMinutes: 11 }),
        contextAttribute({ attribute: 'device', as: 'number' }),
        product({
          left: { from: 'user', attribute: 'toString', values: ['x'] },
          right: { from: 'item', attribute: 'price', values: ['x'] },
        }),
      ],
    })
    expect(mistakes).toEqual([
      'features.0.of: stare is not an interaction type; add it to interactionTypes or use view, click, like, hide',
      'features.1.bucketMinutes: must divide windowMinutes (10) into 1-60 buckets',
      'features.2.attribute: colour is not declared; add it to attributes.item or use category, price',
      "features.3.as: price is declared as number; use 'number'",
      'features.4.as: category is declared as text; use { oneHot: [...] } or { hashed: n }',
      'features.6.name: features.5 is called twice too; give one of them a name',
      'features.7.bands: price is declared as number; say where to cut it',
      'features.8.bands: category is declared as text; leave bands out',
      'features.9.bands: must ascend',
      'features.10.attribute: device is not declared; add it to attributes.context or use nothing yet',
      'features.11.left: toString is not declared; add it to attributes.user or use segment',
      'features.11.right: price is declared as number; a product takes texts',
    ])
  })

  it('refuses fields nobody knows and values out of bounds, by path', () => {
    const mistakes = mistakesOf({
      interactionTypes: ['1view'],
      colour: 1,
      limits: { staleSecondsMax: 0, secondsMax: 3 },
      features: [{ kind: 'decayedCount', entity: 'shop', of: [], halfLifeMinutes: -1 }],
    })
    for (const path of [
      'interactionTypes.0',
      'limits.staleSecondsMax',
      'limits',
      'features.0.entity',
      'features.0.of',
    ]) {
      expect(mistakes.filter((mistake) => mistake.startsWith(`${path}: `))).toHaveLength(1)
    }
    expect(mistakes.join('\n')).toContain('colour')
  })

  it('checks definitions although a limit is wrong too', () => {
    const features = [decayedCount({ entity: 'user', of: ['stare'], halfLifeMinutes: 10 })]
    expect(mistakesOf({ limits: { staleSecondsMax: 0 }, colour: 1, features })).toHaveLength(3)
  })

  it('gives a feature set another id when a definition changes, and only then', () => {
    const idOf = (input: FeatureStoreConfigInput) => compileFeatureSet(parseFeatureStoreConfig(input)).id
    const rate = (strength: number) => ({ features: [smoothedRate({ entity: 'item', ...click, strength })] })
    expect(idOf(rate(5))).toBe(idOf({ ...rate(5), limits: { staleSecondsMax: 9 } }))
    expect(idOf(rate(5))).not.toBe(idOf(rate(6)))
  })

  it('keeps the stored layout when only the reading of it changes', () => {
    const layoutsOf = (strength: number) => {
      const features = [smoothedRate({ entity: 'item', ...click, strength })]
      return compileFeatureSet(parseFeatureStoreConfig({ features })).layouts
    }
    expect(layoutsOf(5).item.id).toBe(layoutsOf(6).item.id)
  })
})

it.each(Object.entries(featureLimitsSchema.shape))('limit %s says what it bounds and why', (_, limit) => {
  expect(limit.description).toMatch(WHAT_AND_WHY)
})
