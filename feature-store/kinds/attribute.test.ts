import { expect, it } from 'vitest'
import { MISSING } from '../contract.ts'
import { featureRow, number, text } from '../testing/feature-row.ts'
import { hashedBucket } from '../vectors/scales.ts'
import { attribute } from './index.ts'

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

it('scales a number', () => {
  const features = [
    attribute({ entity: 'item', attribute: 'price', as: 'number', scale: { subtract: 0.5, divide: 0.5 } }),
  ]
  expect(featureRow({ features }, { item: [number('price', 0.75)] })['item_price']).toEqual([0.5, 0])
})
