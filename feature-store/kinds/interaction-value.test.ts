import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { MISSING } from '../contract.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { featureRow, type FeatureRow } from '../testing/feature-row.ts'
import { interactionValue, recency, smoothedRate } from './index.ts'

type Options = Parameters<typeof interactionValue>[0]
type Happened = NonNullable<FeatureRow['happened']>

/** The value at minute 60; null: missing. */
function worth(options: Partial<Options>, happened: Happened): number | null {
  const feature = interactionValue({ entity: 'user', of: ['view'], as: 'mean', name: 'worth', ...options })
  const row = featureRow({ features: [feature] }, { happened })
  const [value, flags] = row['worth']!
  const [missing] = row['worth__missing']!
  expect([flags, missing]).toEqual(value === 0 && missing === 1 ? [MISSING, 1] : [0, 0])
  return missing === 1 ? null : value
}

const views: Happened = [
  ['view', 0, 2],
  ['view', 30, 5],
  ['click', 40, 9],
  ['view', 45, null],
]

describe('value of interactions', () => {
  it('counts the values of its types, and leaves those without one out', () => {
    expect(worth({ as: 'mean' }, views)).toBe(3.5)
    expect(worth({ as: 'sum' }, views)).toBe(7)
    expect(worth({ as: 'last' }, views)).toBe(5)
    expect(worth({ of: ['click', 'view'], as: 'sum', scale: { divide: 2 } }, views)).toBe(8)
  })

  it('is missing until there is one, and zero when that is what it is', () => {
    for (const as of ['mean', 'sum', 'last'] as const) {
      expect(worth({ as }, [])).toBeNull()
      expect(worth({ as }, [['view', 1, null]])).toBeNull()
      expect(worth({ as }, [['view', 1, 0]])).toBe(0)
      expect(worth({ as, entity: 'item' }, [['view', 1, -3]])).toBe(-3)
    }
  })

  it('fades with time, in whatever order things come', () => {
    const later: Happened = [views[1]!, views[0]!]
    for (const happened of [views, later]) {
      expect(worth({ as: 'sum', halfLifeMinutes: 30 }, happened)).toBeCloseTo(2 / 4 + 5 / 2, 6)
      expect(worth({ as: 'mean', halfLifeMinutes: 30 }, happened)).toBeCloseTo(3 / (1 / 4 + 1 / 2), 6)
      expect(worth({ as: 'last' }, happened)).toBe(5)
    }
    expect(worth({ as: 'mean', halfLifeMinutes: 1 }, [['view', -100_000, 4]])).toBe(4)
    expect(worth({ as: 'sum', halfLifeMinutes: 1 }, [['view', -100_000, 4]])).toBe(0)
  })

  it('pulls a mean to its prior', () => {
    expect(worth({ prior: 4, strength: 2 }, views)).toBeCloseTo((7 + 4 * 2) / (2 + 2), 6)
    expect(worth({ prior: 4, strength: 2, halfLifeMinutes: 30 }, views)).toBeCloseTo(11 / 2.75, 6)
  })

  it('takes what is no number, or beyond valueMax, for missing', () => {
    const bad: Happened = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      1.1e12,
      -1e300,
    ].map((value) => ['view', 1, value])
    expect(worth({ as: 'sum' }, bad)).toBeNull()
    expect(worth({ as: 'sum' }, [...bad, ['view', 2, 3]])).toBe(3)
  })

  it('shares the state of mean and sum, and asks for the values of its types alone', () => {
    const compiled = (...features: ReturnType<typeof interactionValue>[]) =>
      compileFeatureSet(parseFeatureStoreConfig({ features })).layouts
    const mean = interactionValue({ entity: 'item', of: ['view'], as: 'mean', halfLifeMinutes: 60 })
    const sum = interactionValue({ entity: 'item', of: ['view'], as: 'sum', halfLifeMinutes: 60 })
    const last = interactionValue({ entity: 'item', of: ['click'], as: 'last' })
    expect(compiled(mean, sum).item.own).toHaveLength(1)
    expect([...compiled(mean, sum, last).item.valueTypes].sort()).toEqual(['click', 'view'])
    expect(compiled(mean, sum, last).user.valueTypes.size).toBe(0)
  })

  it('refuses settings that mean nothing', () => {
    const mistakes = (options: Partial<Options>) => () =>
      parseFeatureStoreConfig({
        features: [interactionValue({ entity: 'user', of: ['view'], as: 'mean', ...options })],
      })
    expect(mistakes({ as: 'last', halfLifeMinutes: 5 })).toThrow('the last value does not fade')
    expect(mistakes({ as: 'sum', prior: 1, strength: 1 })).toThrow('only a mean has one')
    expect(mistakes({ prior: 1 })).toThrow('prior and strength belong together')
  })
})

it('features that take no value leave the layouts as they were', () => {
  const features = [
    smoothedRate({ entity: 'item', of: ['click'], per: ['view'], prior: 0.1, strength: 2 }),
    recency({ entity: 'user', of: ['view'] }),
  ]
  const { user, item } = compileFeatureSet(parseFeatureStoreConfig({ features })).layouts
  // Of the version before values: their states are read on, under the same keys.
  expect([user.id, item.id]).toEqual(['74610d9daf1a117d', '9afad025fb1eb454'])
})
