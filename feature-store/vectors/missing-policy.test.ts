import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { MISSING, STALE, TOO_OLD, UNSCORED } from '../contract.ts'
import { compileFeatureSet } from '../feature-set.ts'
import {
  age,
  attribute,
  calendar,
  decayedCount,
  hashBucket,
  position,
  recency,
  relative,
} from '../kinds/index.ts'
import { featureRow, number } from '../testing/feature-row.ts'
import { unscoredRows } from '../unscored-rows.ts'

const viewed = (policy: object) => decayedCount({ entity: 'item', of: ['view'], name: 'viewed', ...policy })

describe('what a definition says of a missing value', () => {
  it('takes evidence that is older than its max age for missing, by its own types', () => {
    const features = [viewed({ maxAgeMinutes: 20, whenMissing: 'flag', default: -1 })]
    const at = (minute: number) =>
      featureRow({ features }, { happened: [['view', 30], ['click', minute]] }) // prettier-ignore
    expect(at(59)['viewed']).toEqual([-1, MISSING | TOO_OLD])
    expect(at(59)['viewed__missing']).toEqual([1, 0])
    const fresh = featureRow({ features }, { happened: [['view', 40]] })
    expect(fresh['viewed']).toEqual([Math.fround(Math.log1p(1) / 4), 0])
    expect(fresh['viewed__missing']).toEqual([0, 0])
  })

  it('takes what nobody told of for missing, not for none', () => {
    const row = featureRow({ features: [viewed({ whenMissing: 'flag' })] }, { happened: [['click', 1]] })
    expect(row['viewed']).toEqual([0, MISSING])
    expect(row['viewed__missing']).toEqual([1, 0])
    expect(featureRow({ features: [viewed({})] }, { happened: [['click', 1]] })).toEqual({ viewed: [0, 0] })
  })

  it('keeps the columns of a kind that has one for missing, and the stale flag', () => {
    const features = [recency({ entity: 'user', of: ['view'], name: 'since', maxAgeMinutes: 5, default: 2 })]
    const row = featureRow({ features }, { happened: [['view', 10]], stale: true })
    expect(row).toEqual({ since: [2, MISSING | TOO_OLD | STALE], since__missing: [1, STALE] })
  })

  it('knows the age of an attribute by when its version was told', () => {
    const price = attribute({ entity: 'item', attribute: 'price', as: 'number', maxAgeMinutes: 59 })
    const item = [number('price', 3)]
    expect(featureRow({ features: [price] }, { item })['item_price']).toEqual([0, MISSING | TOO_OLD])
    expect(featureRow({ features: [price] }, { item, atMinute: 59 })['item_price']).toEqual([3, 0])
  })

  it('drops the candidate and says which feature it was', () => {
    const features = [
      age({ entity: 'item', name: 'old' }),
      viewed({ maxAgeMinutes: 20, whenMissing: 'dropCandidate' }),
      relative({ to: 'viewed' }),
    ]
    const featureSet = compileFeatureSet(parseFeatureStoreConfig({ features }))
    expect(featureSet.required).toEqual([2])
    const row = (happened: [string, number][]) => {
      const values = Object.values(featureRow({ features }, { happened }))
      return unscoredRows(
        featureSet,
        Uint8Array.from(values, ([, flags]) => flags),
      )
    }
    expect(row([['view', 59]])).toEqual(new Map())
    expect(row([['view', 1]])).toEqual(new Map([[0, 'too_old:viewed']]))
    expect(row([['click', 1]])).toEqual(new Map([[0, 'missing:viewed']]))
    const dropped = featureRow({ features }, { happened: [['view', 1]] })['viewed']!
    expect(dropped).toEqual([0, MISSING | TOO_OLD | UNSCORED])
  })

  it('changes ids where it is used, and nowhere else', () => {
    const compiled = (policy: object) =>
      compileFeatureSet(parseFeatureStoreConfig({ features: [viewed(policy)] }))
    const [plain, held, longer] = [{}, { maxAgeMinutes: 5 }, { maxAgeMinutes: 6 }].map(compiled)
    // Of the version before: its states and models are read on.
    expect([plain!.id, plain!.layouts.item.id]).toEqual(['fs-c9dbd5ce380fea5d', '248370f37670b56f'])
    expect(new Set([plain!.id, held!.id, longer!.id]).size).toBe(3)
    expect(held!.layouts.item.id).not.toBe(plain!.layouts.item.id)
    expect(longer!.layouts.item.id).toBe(held!.layouts.item.id)
  })

  it('refuses what means nothing', () => {
    const mistakes = (...features: Parameters<typeof parseFeatureStoreConfig>[0]['features'] & object) =>
      () => parseFeatureStoreConfig({ features }) // prettier-ignore
    expect(mistakes(calendar({ of: 'hourOfDay', maxAgeMinutes: 5 }))).toThrow('hour_of_day has no age')
    expect(mistakes(viewed({ default: 1 }))).toThrow('say when it is taken')
    expect(mistakes(position({ whenMissing: 'flag' }))).toThrow('a place is always there')
    expect(mistakes(decayedCount({ entity: 'user', of: ['view'], whenMissing: 'dropCandidate' }))).toThrow(
      'says the same of all candidates',
    )
    expect(mistakes(hashBucket({ of: [{ item: 'category' }], whenMissing: 'default', default: 3 }))).toThrow(
      'names and no quantities',
    )
    expect(mistakes(viewed({ maxAgeMinutes: 0 }))).toThrow('features.0.maxAgeMinutes')
  })
})
