import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../../config.ts'
import type { FeatureDefinition } from '../../definitions.ts'
import { compileFeatureSet } from '../../feature-set.ts'
import { featureRow, text } from '../../testing/feature-row.ts'
import { affinity, cross, recentRate, smoothedRate } from '../index.ts'

type Happened = [type: string, minute: number][]

const CLICKS = { of: ['click'], per: ['view'], strength: 5 }
const AT_MINUTE = 60
const HALF_LIFE = 30

const setOf = (features: FeatureDefinition[]) => compileFeatureSet(parseFeatureStoreConfig({ features }))

/** Counted as one would by hand. */
function feedRate(happened: Happened, halfLife = Infinity): number {
  const left = (minute: number) => 2 ** (-(AT_MINUTE - minute) / halfLife)
  const sum = (wanted: string) =>
    happened.reduce((total, [type, minute]) => total + (type === wanted ? left(minute) : 0), 0)
  if (halfLife === Infinity) return (sum('click') + 0.5) / (sum('view') + 1)
  return (sum('click') + 1_000 * feedRate(happened)) / (sum('view') + 1_000)
}

/** 2,000 views by others over an hour; of those in its second half every fourth is clicked, before every tenth. */
const elsewhere: Happened = Array.from({ length: 2_000 }, (_, n): Happened => {
  const minute = (n * AT_MINUTE) / 2_000
  return n % (n < 1_000 ? 10 : 4) === 0
    ? [
        ['view', minute],
        ['click', minute],
      ]
    : [['view', minute]]
}).flat()

const ratio = (successes: number, trials: number, prior: number) =>
  Math.log((successes + 5 * prior) / (trials + 5) / prior)

describe('a prior that is left out', () => {
  const happened: Happened = [
    ['view', 60],
    ['click', 60],
    ['view', 60],
  ]
  const all = [...elsewhere, ...happened]
  const value = (feature: FeatureDefinition) => {
    const item = [text('category', 'c1'), text('tags', 'x')]
    const attributes = { user: {}, item: { category: 'text', tags: 'texts' } } as const
    const input = { attributes, features: [{ ...feature, name: 'rate' }] }
    return featureRow(input, { item, happened, elsewhere, atMinute: AT_MINUTE })['rate']![0]
  }

  it('is the rate of the whole feed, with the half-life of the rate', () => {
    const [ever, fading] = [feedRate(all), feedRate(all, HALF_LIFE)]
    expect(fading).toBeGreaterThan(ever * 1.05)
    for (const entity of ['user', 'item'] as const) {
      expect(value(smoothedRate({ entity, ...CLICKS }))).toBeCloseTo(ratio(1, 2, ever), 6)
      expect(value(smoothedRate({ entity, ...CLICKS, prior: 'feed' }))).toBeCloseTo(ratio(1, 2, ever), 6)
      const fades = smoothedRate({ entity, ...CLICKS, halfLifeMinutes: HALF_LIFE })
      expect(value(fades)).toBeCloseTo(ratio(1, 2, fading), 4)
      expect(value(recentRate({ entity, ...CLICKS, trials: 4 }))).toBeCloseTo(ratio(0.75, 1.75, ever), 6)
    }
    const by = { ...CLICKS, halfLifeMinutes: HALF_LIFE }
    expect(value(cross({ ...by, by: 'category' }))).toBeCloseTo(ratio(1, 2, fading), 4)
    expect(value(affinity({ ...by, by: 'tags' }))).toBeCloseTo(ratio(1, 2, fading), 4)
    expect(value(affinity({ ...CLICKS, by: 'tags' }))).toBeCloseTo(ratio(1, 2, ever), 6)
  })

  it('is one half before anything is known, and of a hundred trials without success 1 in 202', () => {
    const rate = smoothedRate({ entity: 'item', ...CLICKS, name: 'rate' })
    const row = (before: Happened) =>
      featureRow({ features: [rate] }, { elsewhere: before, happened: [['click', 60]] })['rate']![0]
    expect(row([])).toBeCloseTo(ratio(1, 0, 1.5), 6)
    const views = Array.from({ length: 100 }, (): Happened[number] => ['view', 0])
    expect(row(views)).toBeCloseTo(ratio(1, 0, 1.5 / 101), 6)
  })

  it('is counted once for all that ask for the same', () => {
    const rate = { ...CLICKS, halfLifeMinutes: HALF_LIFE }
    const { feedRates, layouts } = setOf([
      smoothedRate({ entity: 'item', ...rate }),
      smoothedRate({ entity: 'user', ...rate }),
      cross({ ...rate, by: 'category' }),
      smoothedRate({ entity: 'user', ...CLICKS }),
      smoothedRate({ entity: 'user', ...CLICKS, of: ['like'] }),
    ])
    expect(feedRates).toHaveLength(3)
    expect(layouts.feed!.counters).toHaveLength(5)
  })
})

describe('what is stored', () => {
  const known = smoothedRate({ entity: 'user', ...CLICKS, prior: 0.1 })
  const left = smoothedRate({ entity: 'user', ...CLICKS, halfLifeMinutes: 30 })

  it('is what it was where every prior is a number', () => {
    const { layouts, feedRates } = setOf([known])
    expect([layouts.feed, feedRates]).toEqual([null, []])
    expect(layouts.user.id).toBe('a625ef3e57dd80cc')
  })

  it('has keys of its own where the feed is counted, whose users are rebuilt with it', () => {
    const user = (feature: FeatureDefinition) => setOf([feature]).layouts.user
    const slots = ({ counters }: { counters: unknown }) => counters
    expect(slots(user(left))).toEqual(slots(user({ ...left, prior: 0.1 })))
    expect(user(left).id).not.toBe(user({ ...left, prior: 0.1 }).id)
  })
})
