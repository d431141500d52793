import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { MISSING } from '../contract.ts'
import { featureRow, number } from '../testing/feature-row.ts'
import { age, attribute, relative } from './index.ts'

const features = [
  relative({ to: 'price' }),
  attribute({ entity: 'item', attribute: 'price', as: 'number', name: 'price' }),
]

/** Rank and gap of a candidate of this price among candidates of those. */
function place(price: number | null, others: readonly (number | null)[]): [number[], number] {
  const item = (value: number | null) => (value === null ? [] : [number('price', value)])
  const row = featureRow({ features }, { item: item(price), others: others.map(item) })
  const [rank, gap] = [row['price_in_list_rank']!, row['price_in_list_gap']!]
  return [[rank[0], gap[0]], rank[1] | gap[1]]
}

describe('relative', () => {
  it('ranks among the candidates of the request, equals in the middle', () => {
    expect(place(3, [1, 2])).toEqual([[1, 1], 0])
    expect(place(1, [3, 2])).toEqual([[0, -1], 0])
    expect(place(2, [2, 2])).toEqual([[0.5, 0], 0])
    expect(place(2, [2, 1, 4])).toEqual([[0.5, -0.25], 0])
  })

  it('says nothing of one alone', () => {
    expect(place(7, [])).toEqual([[0.5, 0], 0])
  })

  it('leaves out candidates without a value, and gives them no place', () => {
    expect(place(2, [null, 1])).toEqual([[1, 0.5], 0])
    expect(place(null, [1, 2])).toEqual([[0.5, 0], MISSING])
  })

  it('refuses what is no feature of the candidates', () => {
    const wrong = [
      relative({ to: 'prise' }),
      relative({ to: 'prise_in_list', name: 'twice' }),
      age({ entity: 'user', name: 'mine' }),
      relative({ to: 'mine' }),
    ]
    const parse = () => parseFeatureStoreConfig({ features: wrong })
    expect(parse).toThrow('features.0.to: prise is the name of no feature')
    expect(parse).toThrow('features.1.to: prise_in_list is relative itself')
    expect(parse).toThrow('features.3.to: mine is the same for all candidates of a request')
  })
})
