import { describe, expect, it } from 'vitest'
import { foldAttributes } from '../attributes/attributes-state.ts'
import { parseFeatureStoreConfig, type FeatureStoreConfigInput } from '../config.ts'
import { MISSING, STALE } from '../contract.ts'
import { attribute, contextAttribute, product, recency, smoothedRate, windowedCount } from '../definitions.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { EntityState } from '../state/entity-state.ts'
import { fold } from '../state/fold.ts'
import { entityView } from './entity-view.ts'
import { hashedBucket, scaledCount, scaledMinutes, scaledNumber, scaledRate } from './scales.ts'
import { contextValues, vectorise } from './vectorise.ts'

const START = 1_700_000_000_000
const MINUTE = 60_000
const text = (name: string, value: string) => ({ name, text: value, number: null })
const number = (name: string, value: number) => ({ name, text: null, number: value })

interface Row {
  user?: { name: string; text: string | null; number: number | null }[]
  item?: { name: string; text: string | null; number: number | null }[]
  context?: { name: string; text: string | null; number: number | null }[]
  happened?: [type: string, minute: number][]
  stale?: boolean
}

/** The row at START + 60 minutes, by column. */
function rowOf(
  input: FeatureStoreConfigInput,
  { user, item, context = [], happened = [], stale = false }: Row,
) {
  const featureSet = compileFeatureSet(parseFeatureStoreConfig(input))
  const { layouts, width, names } = featureSet
  const atMs = START + 60 * MINUTE
  const known = (layout: typeof layouts.userAttributes, attributes: Row['user']) =>
    attributes === undefined
      ? null
      : foldAttributes(layout, null, { occurredAtMs: START, attributes, offset: 0 })
  const state = happened.length === 0 ? null : new EntityState(layouts.item)
  for (const [offset, [type, minute]] of happened.entries()) {
    fold(layouts.item, state!, type, START + minute * MINUTE, offset)
  }
  const vectors = new Float32Array(width)
  const flags = new Uint8Array(width)
  const views = {
    user: entityView(layouts.user, null, known(layouts.userAttributes, user), atMs, false),
    items: [entityView(layouts.item, state, known(layouts.itemAttributes, item), atMs, stale)],
    context: contextValues(featureSet, context),
  }
  vectorise(featureSet, views, vectors, flags, 0)
  return Object.fromEntries(names.map((name, i) => [name, [vectors[i], flags[i]]]))
}

describe('scales', () => {
  it('stay of order one', () => {
    expect(scaledCount(0)).toBe(0)
    expect(scaledCount(1e6)).toBeCloseTo(3.454, 3)
    expect(scaledMinutes(60 * MINUTE)).toBeCloseTo(1.028, 3)
    expect(scaledMinutes(-5)).toBe(0)
    expect(scaledRate(0, 0, 0.1, 5)).toBe(0)
    expect(scaledRate(10, 10, 0.1, 5)).toBeCloseTo(Math.log(10.5 / 15 / 0.1), 12)
    expect(scaledRate(0, 1e9, 0.5, 1)).toBe(-4)
    expect(scaledNumber(1e9, undefined)).toBe(10)
    expect(scaledNumber(9, { subtract: 1, divide: 2, log1p: true })).toBeCloseTo((Math.log(10) - 1) / 2, 12)
  })

  it('hash the same everywhere (FNV-1a test values)', () => {
    expect(hashedBucket('', 2 ** 32)).toBe(0x811c9dc5)
    expect(hashedBucket('a', 2 ** 32)).toBe(0xe40c292c)
    expect(hashedBucket('foobar', 2 ** 32)).toBe(0xbf9cf968)
  })
})

describe('columns', () => {
  it('of texts: one-hot, hashed, missing, a value that is not listed', () => {
    const features = [
      attribute({ entity: 'item', attribute: 'category', as: { oneHot: ['a', 'b'] } }),
      attribute({ entity: 'user', attribute: 'segment', as: { hashed: 2 } }),
    ]
    const bucket = hashedBucket('x', 2)
    expect(rowOf({ features }, { item: [text('category', 'b')], user: [text('segment', 'x')] })).toEqual({
      'item_category=a': [0, 0],
      'item_category=b': [1, 0],
      item_category__missing: [0, 0],
      'user_segment=#0': [bucket === 0 ? 1 : 0, 0],
      'user_segment=#1': [bucket === 1 ? 1 : 0, 0],
      user_segment__missing: [0, 0],
    })
    const absent = rowOf({ features }, { item: [text('category', 'new')], user: [number('segment', 3)] })
    expect(absent['item_category__missing']).toEqual([0, 0])
    expect(absent['item_category=a']).toEqual([0, 0])
    expect(absent['user_segment__missing']).toEqual([1, 0])
    expect(absent['user_segment=#0']).toEqual([0, MISSING])
  })

  it('of the request: a declared context attribute of the right kind', () => {
    const input = {
      attributes: { context: { hour: 'number' as const } },
      features: [contextAttribute({ attribute: 'hour', as: 'number', scale: { divide: 24 } })],
    }
    expect(rowOf(input, { context: [number('hour', 12), text('device', 'x')] })['context_hour']).toEqual([
      0.5, 0,
    ])
    expect(rowOf(input, { context: [text('hour', '12')] })['context_hour']).toEqual([0, MISSING])
    expect(rowOf(input, { context: [number('hour', NaN)] })['context_hour__missing']).toEqual([1, 0])
  })

  it('of a product: one per pair', () => {
    const features = [
      product({
        left: { from: 'user', attribute: 'segment', values: ['s0', 's1'] },
        right: { from: 'item', attribute: 'category', values: ['a', 'b'] },
      }),
    ]
    const row = rowOf({ features }, { user: [text('segment', 's1')], item: [text('category', 'a')] })
    expect(Object.entries(row).filter(([, [value]]) => value === 1)).toEqual([
      ['user_segment_x_item_category=s1*a', [1, 0]],
    ])
    const half = rowOf({ features }, { user: [text('segment', 's1')] })
    expect(half['user_segment_x_item_category__missing']).toEqual([1, 0])
  })

  it('of states: values as of the request, stale where the stream lags', () => {
    const features = [
      smoothedRate({
        entity: 'item',
        of: ['click'],
        per: ['view'],
        prior: 0.1,
        strength: 5,
        halfLifeMinutes: 30,
        name: 'rate',
      }),
      smoothedRate({ entity: 'item', of: ['click'], per: ['view'], prior: 0.1, strength: 5, name: 'ever' }),
      windowedCount({ entity: 'item', of: ['view'], windowMinutes: 60, bucketMinutes: 10, name: 'hour' }),
      recency({ entity: 'item', of: ['like'], name: 'liked' }),
    ]
    const row = rowOf(
      { features },
      {
        happened: [
          ['view', 0],
          ['view', 30],
          ['click', 30],
        ],
        stale: true,
      },
    )
    const close = (name: string, value: number) => {
      expect(row[name]![0]).toBeCloseTo(value, 6)
      expect(row[name]![1]! & STALE).toBe(STALE)
    }
    close('rate', Math.log((0.5 + 0.5) / (0.25 + 0.5 + 5) / 0.1))
    close('ever', Math.log((1 + 0.5) / (2 + 5) / 0.1))
    close('hour', Math.log1p(1) / 4)
    expect(row['liked']).toEqual([0, MISSING | STALE])
  })
})
