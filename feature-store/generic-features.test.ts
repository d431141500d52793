import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from './config.ts'
import { nameOfDefinition } from './definitions.ts'
import { compileFeatureSet } from './feature-set.ts'
import { genericFeatures, type GenericFeaturesOptions } from './generic-features.ts'

const CLICKS = { of: ['click'], per: ['view'] }
const DESCRIBED = {
  user: { segment: { kind: 'text', values: ['s0', 's1'] } },
  item: {
    category: { kind: 'text', values: ['c0', 'c1', 'c2'] },
    author: { kind: 'text' },
    tag: { kind: 'texts', values: Array.from({ length: 33 }, (_, n) => `t${String(n)}`) },
    price: { kind: 'number', mean: 20, deviation: 5 },
  },
  context: { device: { kind: 'text', values: ['phone'] } },
} as const

function namesOf(options: Partial<GenericFeaturesOptions>): readonly string[] {
  const features = genericFeatures({ ...CLICKS, ...options })
  const kinds = (from: 'user' | 'item' | 'context') =>
    Object.fromEntries(
      Object.entries(options.attributes?.[from] ?? {}).map(([name, { kind }]) => [name, kind]),
    )
  const attributes = { user: kinds('user'), item: kinds('item'), context: kinds('context') }
  const interactionTypes = ['view', 'click', 'read']
  return compileFeatureSet(parseFeatureStoreConfig({ interactionTypes, attributes, features })).names
}

describe('the generic set', () => {
  it('needs nothing but the types that count', () => {
    const names = namesOf({})
    expect(names).toContain('item_rate_1d')
    expect(names).toContain('item_rate_1d_in_list_rank')
    expect(names).toContain('user_last_view_had_click')
    expect(names).toContain('hour_of_day_sin')
  })

  it('asks what a user likes of each attribute of items, in lists also beside the other candidates', () => {
    const names = namesOf({ attributes: DESCRIBED })
    for (const by of ['category', 'author', 'tag', 'price']) {
      expect(names).toContain(`user_likes_${by}`)
      expect(names).toContain(`user_likes_${by}_in_list_rank`)
    }
    expect(
      namesOf({ attributes: DESCRIBED, items: 'alone' }).filter((name) => name.includes('list')),
    ).toEqual([])
  })

  it('gives few texts a column each, many some by hash, and none to texts that nobody knows', () => {
    const names = namesOf({ attributes: DESCRIBED })
    const of = (start: string) => names.filter((name) => name.startsWith(start))
    expect(of('item_category=')).toEqual(['item_category=c0', 'item_category=c1', 'item_category=c2'])
    expect(of('item_tag=')).toHaveLength(32)
    expect(of('item_author')).toEqual([])
    expect(of('context_device=')).toEqual(['context_device=phone'])
  })

  it('leaves out items where there are none, and hours where times are nobody’s', () => {
    const names = namesOf({ items: 'none', timeZone: null })
    expect(names.filter((name) => !name.startsWith('user_'))).toEqual([])
  })

  it('counts what came before the log as a liking, and values where interactions tell them', () => {
    const features = genericFeatures({
      ...CLICKS,
      past: ['read'],
      value: { of: 'view', mean: 10, deviation: 5 },
    }).map(nameOfDefinition)
    expect(features).toContain('user_click+read_ever')
    expect(features).toContain('item_view_value_mean')
  })
})
