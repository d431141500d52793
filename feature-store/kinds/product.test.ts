import { expect, it } from 'vitest'
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
