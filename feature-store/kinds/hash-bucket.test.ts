import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig, type FeatureStoreConfigInput } from '../config.ts'
import { MISSING } from '../contract.ts'
import { definitionMistakes } from '../definition-mistakes.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { featureRow, ITEM_ID, text, USER_ID } from '../testing/feature-row.ts'
import { hashedBucket } from '../vectors/scales.ts'
import { attribute, hashBucket, relative } from './index.ts'

const BUCKETS = 1_000
const bucketOf = (id: string, buckets = BUCKETS) => 1 + hashedBucket(id, buckets)
const ATTRIBUTES = {
  user: { segment: 'text' },
  item: { author: 'text', tag: 'texts', price: 'number' },
  context: { tab: 'text' },
} as const

describe('hashBucket', () => {
  it('is the number of the bucket of an id, 1 and more', () => {
    const features = [
      hashBucket({ of: ['userId'], buckets: BUCKETS }),
      hashBucket({ of: ['itemId'], buckets: 2 ** 20 }),
      hashBucket({ of: ['userId', 'itemId'], buckets: BUCKETS }),
    ]
    expect(featureRow({ features }, {})).toEqual({
      user_id_bucket: [bucketOf(USER_ID), 0],
      item_id_bucket: [bucketOf(ITEM_ID, 2 ** 20), 0],
      user_id_x_item_id_bucket: [bucketOf(`${USER_ID}*${ITEM_ID}`), 0],
    })
  })

  it('is that of an attribute or a cross, and bucket 0 where one of them is missing', () => {
    const input: FeatureStoreConfigInput = {
      attributes: ATTRIBUTES,
      features: [
        hashBucket({ of: [{ item: 'author' }], buckets: BUCKETS }),
        hashBucket({ of: [{ user: 'segment' }, { context: 'tab' }], buckets: BUCKETS }),
      ],
    }
    const row = { user: [text('segment', 's')], context: [text('tab', 't')] }
    expect(featureRow(input, { ...row, item: [text('author', 'a')] })).toEqual({
      item_author_bucket: [bucketOf('a'), 0],
      item_author_bucket__missing: [0, 0],
      user_segment_x_context_tab_bucket: [bucketOf('s*t'), 0],
      user_segment_x_context_tab_bucket__missing: [0, 0],
    })
    expect(featureRow(input, { user: row.user })).toEqual({
      item_author_bucket: [0, MISSING],
      item_author_bucket__missing: [1, 0],
      user_segment_x_context_tab_bucket: [0, MISSING],
      user_segment_x_context_tab_bucket__missing: [1, 0],
    })
  })

  it('gives the first of several texts a column each, in one numbering', () => {
    const tags = [text('tag', 'x'), text('tag', 'y'), text('tag', 'z')]
    const input = (valuesMax: number): FeatureStoreConfigInput => ({
      attributes: ATTRIBUTES,
      features: [hashBucket({ of: ['userId', { item: 'tag' }], buckets: BUCKETS, valuesMax, name: 'tags' })],
    })
    const crossed = (tag: string) => [bucketOf(`${USER_ID}*${tag}`), 0]
    expect(featureRow(input(2), { item: tags })).toEqual({
      tags: crossed('x'),
      tags_2: crossed('y'),
      tags__missing: [0, 0],
    })
    expect(featureRow(input(4), { item: tags })).toMatchObject({ tags_3: crossed('z'), tags_4: [0, 0] })
    expect(compileFeatureSet(parseFeatureStoreConfig(input(2))).buckets).toEqual([
      { columns: [0, 1], range: BUCKETS + 1 },
    ])
  })

  it('says which columns hold numbers of buckets', () => {
    const features = [
      attribute({ entity: 'item', attribute: 'price', as: 'number' }),
      hashBucket({ of: ['itemId'], buckets: 7 }),
      hashBucket({ of: [{ item: 'author' }], buckets: 9 }),
    ]
    const { buckets, names } = compileFeatureSet(
      parseFeatureStoreConfig({ attributes: ATTRIBUTES, features }),
    )
    expect(buckets.map(({ columns, range }) => [names[columns[0]!], range])).toEqual([
      ['item_id_bucket', 8],
      ['item_author_bucket', 10],
    ])
  })

  it.each([
    [hashBucket({ of: [{ item: 'price' }] }), 'price is declared as number'],
    [hashBucket({ of: ['userId', 'userId'] }), 'user_id is crossed with itself'],
    [hashBucket({ of: ['userId', { item: 'author' }], valuesMax: 2 }), 'there is one text only'],
  ])('refuses %j', (definition, message) => {
    const parsed = () => parseFeatureStoreConfig({ attributes: ATTRIBUTES, features: [definition] })
    expect(parsed).toThrow(message)
  })

  it('is no quantity that could be compared among candidates', () => {
    const mistakes = definitionMistakes({
      interactionTypes: [],
      attributes: { user: {}, item: {}, context: {} },
      features: [hashBucket({ of: ['itemId'], name: 'id' }), relative({ to: 'id' })].map((definition) =>
        definition.kind === 'hashBucket' ? { buckets: 4, valuesMax: 1, ...definition } : definition,
      ),
    })
    expect(mistakes.map(({ message }) => message)).toEqual(['id is the number of a bucket, not a quantity'])
  })
})
