import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig, type FeatureStoreConfigInput } from '../config.ts'
import { MISSING } from '../contract.ts'
import { foldAttributes } from '../attributes/attributes-state.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { EntityState } from '../state/entity-state.ts'
import { fold } from '../state/fold.ts'
import { lookupKeys } from '../stages/item-lookups.ts'
import { featureRow, ROW_START_MS, text } from '../testing/feature-row.ts'
import { entityView } from '../vectors/entity-view.ts'
import { vectorise } from '../vectors/vectorise.ts'
import { affinity } from './index.ts'

const MINUTE_MS = 60_000
const OPTIONS = { of: ['click'], per: ['view'], prior: 0.2, strength: 2, by: 'tags' }

interface Happened {
  type: string
  minute: number
  tags: string[]
}

/** Mean, highest, lowest rate (as ratios to the prior) and trials, for a candidate with these tags. */
function likes(options: object, happened: readonly Happened[], tags: readonly string[]): number[] {
  const input: FeatureStoreConfigInput = {
    attributes: { user: {}, item: { tags: 'texts' } },
    features: [affinity({ ...OPTIONS, ...options })],
  }
  const set = compileFeatureSet(parseFeatureStoreConfig(input))
  const { user, item, itemAttributes } = set.layouts
  const described = (values: readonly string[]) =>
    foldAttributes(itemAttributes, null, {
      occurredAtMs: ROW_START_MS,
      attributes: values.map((value) => text('tags', value)),
      offset: 0,
    })
  const state = new EntityState(user)
  for (const [offset, { type, minute, tags: seen }] of happened.entries()) {
    const atMs = ROW_START_MS + minute * MINUTE_MS
    fold(user, state, type, atMs, offset, lookupKeys(set)(described(seen), atMs))
  }
  const atMs = ROW_START_MS + 60 * MINUTE_MS
  const vectors = new Float32Array(set.width)
  const views = {
    user: entityView(user, state, null, { id: 'u', atMs, stale: false }),
    items: [entityView(item, null, described(tags), { id: 'i', atMs, stale: false })],
    context: new Map(),
    feedRates: new Float64Array(0),
  }
  vectorise(set, views, vectors, new Uint8Array(set.width), 0)
  const [mean, max, min, trials] = vectors
  return [mean!, max!, min!].map(Math.exp).concat(Math.expm1(trials! * 4))
}

const smoothed = (successes: number, trials: number) => (successes + 0.4) / (trials + 2) / 0.2
const closeTo = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4) as number)

describe('affinity', () => {
  const happened = [
    { type: 'view', minute: 0, tags: ['war', 'drama'] },
    { type: 'click', minute: 1, tags: ['war', 'drama'] },
    { type: 'view', minute: 2, tags: ['drama'] },
    { type: 'hide', minute: 3, tags: ['war'] },
  ]

  it("counts under each of an item's values", () => {
    const war = smoothed(1, 1)
    const drama = smoothed(1, 2)
    expect(likes({}, happened, ['war'])).toEqual(closeTo([war, war, war, 1]))
    expect(likes({}, happened, ['drama'])).toEqual(closeTo([drama, drama, drama, 2]))
    expect(likes({}, happened, ['war', 'drama'])).toEqual(closeTo([Math.sqrt(war * drama), war, drama, 3]))
  })

  it('is the prior for values that nobody saw', () => {
    expect(likes({}, happened, ['noir'])).toEqual(closeTo([1, 1, 1, 0]))
  })

  it('fades with time, in whatever order things come', () => {
    const late = [
      { type: 'view', minute: 60, tags: ['war'] },
      { type: 'view', minute: 30, tags: ['war'] },
      { type: 'click', minute: 0, tags: ['war'] },
    ]
    const expected = smoothed(0.25, 1.5)
    expect(likes({ halfLifeMinutes: 30 }, late, ['war'])).toEqual(
      closeTo([expected, expected, expected, 1.5]),
    )
    expect(likes({ halfLifeMinutes: 30 }, [...late].reverse(), ['war'])).toEqual(
      closeTo([expected, expected, expected, 1.5]),
    )
  })

  it('remembers the values touched last, no more than valuesMax', () => {
    expect(likes({ valuesMax: 1 }, happened, ['war'])[3]).toBeCloseTo(0, 6)
    expect(likes({ valuesMax: 1 }, happened, ['drama'])[3]).toBeCloseTo(1, 6)
  })

  it('is missing for an item that has no value', () => {
    const features = [affinity({ ...OPTIONS, by: 'category' })]
    const row = featureRow({ features }, { item: [] })
    expect(row['user_affinity_category_click_per_view']).toEqual([0, MISSING])
    expect(row['user_affinity_category_click_per_view__missing']).toEqual([1, 0])
  })

  it('refuses a number', () => {
    const wrong = [affinity({ ...OPTIONS, by: 'price' })]
    expect(() => parseFeatureStoreConfig({ features: wrong })).toThrow(
      'features.0.by: price is declared as number; use cross with bands',
    )
  })
})
