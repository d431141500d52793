import { expect, it } from 'vitest'
import type { Attribute } from '#schemas'
import type { Samples } from '#streams'
import { parseFeatureStoreConfig } from '../config.ts'
import { attribute } from '../kinds/index.ts'
import { judgeAttributes } from './judge-attributes.ts'

const config = parseFeatureStoreConfig({
  attributes: { user: {}, item: { category: 'text', price: 'number' }, context: {} },
  features: [attribute({ entity: 'item', attribute: 'price', as: 'number', scale: { divide: 5 } })],
})
const text = (name: string, value: string): Attribute => ({ name, text: value, number: null })
const price = (value: number): Attribute => ({ name: 'price', text: null, number: value })
const samplesOf = (...items: Attribute[][]): Samples => ({
  users: [],
  interactions: [],
  requests: [],
  outcomes: [],
  items: items.map((attributes, offset) => ({
    partition: 0,
    offset,
    key: Buffer.from('i1'),
    value: { itemId: 'i1', occurredAtMs: 1, attributes },
  })),
})

it('is content with what is declared, and with what nobody declared and nobody meant', () => {
  const samples = samplesOf([text('category', 'a'), price(49.9), text('colour', 'red')])
  expect(judgeAttributes(config, samples)).toMatchObject([{ verdict: 'ok' }])
  expect(judgeAttributes(config, samplesOf())).toMatchObject([{ verdict: 'ok' }])
})

it('tells of another case, another type and a scale that is too small, each with an example and what to do', () => {
  const samples = samplesOf(
    [text('Category', 'a'), text('price', '49.9')],
    [text('Category', 'b'), price(1_999)],
  )
  expect(judgeAttributes(config, samples)).toEqual([
    {
      check: 'attribute item.category',
      verdict: 'warning',
      found: '2 of the newest 2 records call it otherwise (Category: "a"): features take it for missing',
      action: 'Send it as category, or declare the other name in features.attributes.item.',
    },
    {
      check: 'attribute item.price',
      verdict: 'warning',
      found: '1 of the newest 2 records do not hold a number (price: "49.9"): features take it for missing',
      action: 'Send price as a number, or declare what it is in features.attributes.item.',
    },
    {
      check: 'attribute item.price',
      verdict: 'warning',
      found:
        '1 of the newest 2 records are beyond what its scale can hold (price: 1999): such values are all the same to features',
      action:
        'Give the feature of price a scale with a larger divide, or with log1p: true (`npx feedloop check` says what it holds).',
    },
  ])
})

it('tells of what no record has', () => {
  expect(judgeAttributes(config, samplesOf([price(1)]))).toMatchObject([
    { check: 'attribute item.category', found: expect.stringContaining('none of the newest 1') as string },
  ])
})
