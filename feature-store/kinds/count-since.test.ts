import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { MISSING } from '../contract.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { featureRow } from '../testing/feature-row.ts'
import { countSince } from './index.ts'

const features = (['user', 'item'] as const).map((entity) =>
  countSince({ entity, of: ['view', 'click'], since: ['like'] }),
)

/** The count of the user, which is that of the item as well; null when it is missing. */
function counted(...happened: [type: string, minute: number][]): number | null {
  const row = featureRow({ features }, { happened })
  const [user, item] = ['user', 'item'].map((entity) => row[`${entity}_view+click_since_like`]!)
  expect(user).toEqual(item)
  const [value, flags] = user!
  return flags === MISSING ? null : Math.round(Math.expm1(value * 4))
}

describe('count since', () => {
  it('is missing until it first began', () => {
    expect(counted()).toBeNull()
    expect(counted(['view', 1], ['hide', 2])).toBeNull()
  })

  it('counts from 0 each time it begins anew, and only what it is told to', () => {
    expect(counted(['view', 1], ['like', 2])).toBe(0)
    expect(counted(['view', 1], ['like', 2], ['view', 3], ['hide', 4], ['click', 5])).toBe(2)
    expect(counted(['like', 2], ['view', 3], ['like', 4], ['view', 5])).toBe(1)
  })

  it('goes by event time: late ones from before do not count, a late beginning does not begin anew', () => {
    expect(counted(['like', 5], ['view', 4], ['view', 5], ['view', 6])).toBe(2)
    expect(counted(['like', 5], ['view', 6], ['like', 4])).toBe(1)
  })

  it('forgets what came before a beginning, even if it happened after it: only the newest of each is kept', () => {
    expect(counted(['like', 1], ['view', 6], ['like', 5], ['view', 7])).toBe(1)
  })

  it('stores one slot for the same types in any order, and refuses a type on both sides', () => {
    const twice = [
      ...features,
      countSince({ entity: 'user', of: ['click', 'view'], since: ['like'], name: 'again' }),
    ]
    const { layouts } = compileFeatureSet(parseFeatureStoreConfig({ features: twice }))
    expect(layouts.user.own).toHaveLength(1)
    const wrong = [countSince({ entity: 'user', of: ['view'], since: ['view'] })]
    expect(() => parseFeatureStoreConfig({ features: wrong })).toThrow(
      'features.0.since: view is in of, too: it cannot be counted and begin anew',
    )
  })
})
