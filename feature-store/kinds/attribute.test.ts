import { expect, it } from 'vitest'
import { MISSING } from '../contract.ts'
import { featureRow, number, text } from '../testing/feature-row.ts'
import { hashedBucket } from '../vectors/scales.ts'
import { attribute, contextAttribute } from './index.ts'

it('makes columns of a text: one-hot, hashed, missing, a value that is not listed', () => {
  const features = [
    attribute({ entity: 'item', attribute: 'category', as: { oneHot: ['a', 'b'] } }),
    attribute({ entity: 'user', attribute: 'segment', as: { hashed: 2 } }),
  ]
  const bucket = hashedBucket('x', 2)
  expect(featureRow({ features }, { item: [text('category', 'b')], user: [text('segment', 'x')] })).toEqual({
    'item_category=a': [0, 0],
    'item_category=b': [1, 0],
    item_category__missing: [0, 0],
    'user_segment=#0': [bucket === 0 ? 1 : 0, 0],
    'user_segment=#1': [bucket === 1 ? 1 : 0, 0],
    user_segment__missing: [0, 0],
  })
  const absent = featureRow({ features }, { item: [text('category', 'new')], user: [number('segment', 3)] })
  expect(absent['item_category__missing']).toEqual([0, 0])
  expect(absent['item_category=a']).toEqual([0, 0])
  expect(absent['user_segment__missing']).toEqual([1, 0])
  expect(absent['user_segment=#0']).toEqual([0, MISSING])
})

it('sets a column for each of several texts, in any order and however often they are told', () => {
  const input = {
    attributes: { user: {}, item: { genre: 'texts' as const }, context: { tag: 'texts' as const } },
    features: [
      attribute({ entity: 'item', attribute: 'genre', as: { oneHot: ['a', 'b', 'c'] } }),
      contextAttribute({ attribute: 'tag', as: { hashed: 8 } }),
    ],
  }
  const item = [text('genre', 'c'), text('genre', 'a'), number('genre', 1), text('genre', 'c')]
  const row = featureRow(input, { item, context: [text('tag', 'x'), text('tag', 'y')] })
  const set = Object.entries(row).flatMap(([name, [value]]) => (value === 1 ? [name] : []))
  const hashed = [...new Set(['x', 'y'].map((tag) => `context_tag=#${String(hashedBucket(tag, 8))}`))].sort()
  expect(set).toEqual(['item_genre=a', 'item_genre=c', ...hashed])
  expect(featureRow(input, { item: [number('genre', 1)] })['item_genre__missing']).toEqual([1, 0])
})

it('scales a number', () => {
  const features = [
    attribute({ entity: 'item', attribute: 'price', as: 'number', scale: { subtract: 0.5, divide: 0.5 } }),
  ]
  expect(featureRow({ features }, { item: [number('price', 0.75)] })['item_price']).toEqual([0.5, 0])
})
