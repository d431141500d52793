import { expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { featureRow, text } from '../testing/feature-row.ts'
import { product } from './index.ts'

it('has one column per pair', () => {
  const features = [
    product({
      left: { from: 'user', attribute: 'segment', values: ['s0', 's1'] },
      right: { from: 'item', attribute: 'category', values: ['a', 'b'] },
    }),
  ]
  const row = featureRow({ features }, { user: [text('segment', 's1')], item: [text('category', 'a')] })
  expect(Object.entries(row).filter(([, [value]]) => value === 1)).toEqual([
    ['user_segment_x_item_category=s1*a', [1, 0]],
  ])
  const half = featureRow({ features }, { user: [text('segment', 's1')] })
  expect(half['user_segment_x_item_category__missing']).toEqual([1, 0])
})

it('gives every pair a name of its own, whatever the values are', () => {
  const features = [
    product({
      left: { from: 'user', attribute: 'segment', values: ['a', 'a*b', 'a%2Ab'] },
      right: { from: 'item', attribute: 'category', values: ['b*c', 'c'] },
    }),
  ]
  const { names } = compileFeatureSet(parseFeatureStoreConfig({ features }))
  expect(new Set(names).size).toBe(names.length)
  expect(names[0]).toBe('user_segment_x_item_category=a*b*c')
})
