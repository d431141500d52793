import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attributesLayout } from './attributes-layout.ts'
import { decodeAttributes, encodeAttributes } from './attributes-blob.ts'
import {
  versionAt,
  eraseAttributes,
  fixedValuesAt,
  foldAttributes,
  type AttributesState,
} from './attributes-state.ts'

const layout = attributesLayout(
  'item',
  { category: 'text', price: 'number', other: 'text' },
  new Set(['price', 'category']),
  ['category'],
)

const record = (occurredAtMs: number, category: string | null, price: number | null, offset = 0) => ({
  occurredAtMs,
  offset,
  attributes: [
    { name: 'category', text: category, number: null },
    { name: 'price', text: null, number: price },
    { name: 'other', text: 'unused', number: null },
  ],
})

const folded = (...records: ReturnType<typeof record>[]) =>
  records.reduce<AttributesState | null>((state, next) => foldAttributes(layout, state, next), null)!

describe('attributes', () => {
  it('keeps what was said first for folds, and the latest three versions for vectors', () => {
    const state = folded(record(10, 'a', 1), record(20, 'b', 2), record(30, 'b', 3), record(40, 'b', 4))
    expect(state).toMatchObject({ applied: 4, firstAtMs: 10, firstValues: ['a'] })
    expect([15, 20, 35, 99].map((atMs) => versionAt(state, atMs)?.values[1] ?? null)).toEqual([null, 2, 3, 4])
    expect(fixedValuesAt(state, 9)).toBeNull()
    expect(fixedValuesAt(state, 10)).toEqual(['a'])
    expect(fixedValuesAt(state, 99)).toEqual(['a'])
  })

  it('orders versions by event time; the later record of the same moment wins', () => {
    const state = folded(record(20, 'b', 2), record(10, 'a', 1), record(20, 'c', 5))
    expect(state.versions.map(({ occurredAtMs, values }) => [occurredAtMs, ...values])).toEqual([
      [10, 'a', 1],
      [20, 'c', 5],
    ])
    expect(state.firstValues).toEqual(['b'])
  })

  it('takes a value of the wrong kind, or no number, as missing', () => {
    const attributes = [
      { name: 'category', text: null, number: 3 },
      { name: 'price', text: null, number: Infinity },
    ]
    expect(
      foldAttributes(layout, null, { occurredAtMs: 1, attributes, offset: 0 }).versions[0]!.values,
    ).toEqual([null, null])
  })

  it('leaves what folds look up after a tombstone, and takes it up again', () => {
    const state = eraseAttributes(layout, folded(record(10, 'a', 1)), 7)!
    expect(state).toEqual({ applied: 2, lastOffset: 7, firstAtMs: 10, firstValues: ['a'], versions: [] })
    expect(versionAt(state, 99)).toBeNull()
    expect(fixedValuesAt(state, 99)).toEqual(['a'])
    const again = foldAttributes(layout, state, record(20, 'b', 2, 8))
    expect(again).toMatchObject({ firstAtMs: 10, firstValues: ['a'] })
    expect(versionAt(again, 99)?.values).toEqual(['b', 2])
  })

  it('leaves nothing after a tombstone where nothing is looked up', () => {
    const plain = attributesLayout('user', { age: 'number' }, new Set(['age']), [])
    const attributes = [{ name: 'age', text: null, number: 30 }]
    const state = foldAttributes(plain, null, { occurredAtMs: 10, attributes, offset: 0 })
    expect(eraseAttributes(plain, state, 1)).toBeNull()
    expect(eraseAttributes(layout, null, 1)).toBeNull()
  })

  it('comes back from its blob', () => {
    const records = fc.array(
      fc.record({
        at: fc.integer({ min: 1, max: 50 }),
        category: fc.option(fc.string({ unit: 'grapheme' })),
        price: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      }),
      { minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(records, (all) => {
        const state = folded(
          ...all.map(({ at, category, price }, offset) => record(at, category, price, offset)),
        )
        expect(decodeAttributes(layout, encodeAttributes(layout, state))).toEqual(state)
      }),
    )
  })
})
