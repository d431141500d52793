import { describe, expect, it } from 'vitest'
import type { Attribute } from '#schemas'
import { parseFeatureStoreConfig } from '../config.ts'
import { attribute, contextAttribute } from '../kinds/index.ts'
import { createAttributeCheck, createAttributeWatch } from './attribute-watch.ts'

const config = parseFeatureStoreConfig({
  attributes: {
    user: { segment: 'text' },
    item: { category: 'text', price: 'number', weight: 'number' },
    context: { speed: 'number' },
  },
  features: [
    attribute({ entity: 'item', attribute: 'price', as: 'number', scale: { divide: 5 } }),
    attribute({ entity: 'item', attribute: 'price', as: 'number', name: 'log', scale: { log1p: true } }),
    attribute({ entity: 'item', attribute: 'category', as: { hashed: 8 } }),
    contextAttribute({ attribute: 'speed', as: 'number' }),
  ],
})
const text = (name: string, value: string): Attribute => ({ name, text: value, number: null })
const number = (name: string, value: number): Attribute => ({ name, text: null, number: value })
const foundIn = (from: 'user' | 'item' | 'context', ...attributes: Attribute[]) => {
  const found: string[] = []
  createAttributeCheck(config, from)(attributes, (name, why) => found.push(`${name} ${why}`))
  return found
}

describe('what features cannot see', () => {
  it('is nothing when values are as declared, up to what the scale can hold', () => {
    expect(foundIn('item', text('category', 'shoes'), number('price', 49.9), number('price', 50))).toEqual([])
    expect(foundIn('user', text('segment', ''))).toEqual([])
    expect(foundIn('context', number('speed', -10))).toEqual([])
  })

  it('is a number beyond the scale of one of its features: 50.1 and 1999 are the same to it', () => {
    expect(foundIn('item', number('price', 50.1))).toEqual(['price saturated'])
    expect(foundIn('item', number('price', 1_999))).toEqual(['price saturated'])
    expect(foundIn('item', number('price', -1))).toEqual(['price saturated']) // its logarithm counts as 0
    expect(foundIn('context', number('speed', 10.5))).toEqual(['speed saturated'])
    expect(foundIn('item', number('weight', 1e9))).toEqual([]) // no feature takes it
  })

  it('is a value of the other kind, or no number', () => {
    expect(foundIn('item', text('price', '49.9'), number('category', 7), number('price', NaN))).toEqual([
      'price mistyped',
      'category mistyped',
      'price mistyped',
    ])
    expect(foundIn('context', number('speed', -Infinity))).toEqual(['speed mistyped'])
  })

  it('is a name nobody declared: told by the name that it is nearly, or as other', () => {
    expect(foundIn('item', text('Category', 'x'), text('colour', 'x'), text('__proto__', 'x'))).toEqual([
      'category unknown',
      'other unknown',
      'other unknown',
    ])
    expect(foundIn('user', text('constructor', 'x'))).toEqual(['other unknown'])
  })
})

it('is counted by attribute and reason, in labels that no feed can multiply', () => {
  const counted: unknown[] = []
  const signals = { count: (...all: unknown[]) => void counted.push(all), gauge() {}, observe() {} }
  const watch = createAttributeWatch(config, 'item', signals)
  watch(Array.from({ length: 2_000 }, (_, n) => text(`made-up-${String(n)}`, 'x')))
  watch([text('price', '1')])
  expect(new Set(counted.map((call) => JSON.stringify(call)))).toEqual(
    new Set([
      '["feature_attributes_unfit",{"of":"item","attribute":"other","reason":"unknown"}]',
      '["feature_attributes_unfit",{"of":"item","attribute":"price","reason":"mistyped"}]',
    ]),
  )
})
