import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { MISSING, STALE } from '../contract.ts'
import { definitionMistakes } from '../definition-mistakes.ts'
import { featureDefinitionSchema, KIND_NAMES, kindOf, nameOfDefinition } from '../definitions.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { describeState } from '../describe-state.ts'
import { decodeState, encodeState } from '../state/blob.ts'
import { EntityState } from '../state/entity-state.ts'
import { fold } from '../state/fold.ts'
import { featureRow, number, ROW_START_MS, text } from '../testing/feature-row.ts'
import * as kinds from './index.ts'

const ATTRIBUTES = {
  user: { segment: 'text', age: 'number' },
  item: { category: 'text', price: 'number', tags: 'texts' },
  context: { device: 'text', hour: 'number' },
} as const

const TYPES = ['view', 'click', 'like', 'hide']
const NOBODY_DECLARED = { interactionTypes: [], attributes: { user: {}, item: {}, context: {} } }

const happenings = fc.array(
  fc.record({
    type: fc.constantFrom(...TYPES),
    atMs: fc.integer({ min: 0, max: 6 * 3_600_000 }).map((ms) => ROW_START_MS + ms),
    key: fc.option(fc.constantFrom('a', 'b', '3'), { nil: null }),
    value: fc.option(fc.double({ min: -1e12, max: 1e12, noNaN: true }), { nil: null }),
  }),
  { maxLength: 40 },
)

describe.each(KIND_NAMES)('kind %s', (kindName) => {
  const { meaning, example } = kinds[kindName].kind
  const definition = featureDefinitionSchema.parse({ kind: kindName, ...example })
  /** Beside it, for kinds that refer to another feature. */
  const before = kinds.age({ entity: 'item', name: 'before' })
  const input = { attributes: ATTRIBUTES, features: [before, definition] }
  const featureSet = compileFeatureSet(parseFeatureStoreConfig(input))
  const ownColumns = featureSet.names.slice(2)
  /** Of columns that hold numbers of buckets. */
  const rangeOf = new Map(
    featureSet.buckets.flatMap(({ columns, range }) =>
      columns.map((column) => [featureSet.names[column]!, range] as const),
    ),
  )
  const file = kindName.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

  it('has a file and a test of its own, and an editor shows what it means', () => {
    const source = readFileSync(join(import.meta.dirname, `${file}.ts`), 'utf8')
    expect(source).toContain(`/** ${meaning} */\nexport const ${kindName} = `)
    expect(existsSync(join(import.meta.dirname, `${file}.test.ts`))).toBe(true)
  })

  it('is built from what a feed file says', () => {
    const build = kinds[kindName] as (options: object) => unknown
    expect(build(example)).toEqual({ kind: kindName, ...example })
  })

  it('names its columns after the definition, each once', () => {
    const name = nameOfDefinition(definition)
    expect(ownColumns.filter((column) => !column.startsWith(name))).toEqual([])
    expect(new Set(featureSet.names).size).toBe(featureSet.width)
    const renamed = compileFeatureSet(
      parseFeatureStoreConfig({ ...input, features: [before, { ...definition, name: 'mine' }] }),
    )
    expect(renamed.names.slice(2)).toEqual(ownColumns.map((column) => `mine${column.slice(name.length)}`))
    expect(renamed.layouts.user.id).toBe(featureSet.layouts.user.id)
  })

  it('tells of everything it uses that nobody declared', () => {
    const { interactionTypes, attributes } = kindOf(definition).uses(definition)
    const settings = [
      ...Object.entries(interactionTypes).flatMap(([setting, types]) => types.map(() => setting)),
      ...attributes.map(({ setting }) => setting),
    ]
    const mistakes = definitionMistakes({ ...NOBODY_DECLARED, features: [before, definition] })
    expect(mistakes.map(({ path }) => path)).toEqual(settings.map((setting) => ['features', 1, setting]))
  })

  /** As copies carry them: a few items of each list that a user keeps. */
  const listsOf = (n: number) =>
    featureSet.layouts.user.own.flatMap(({ carries }) =>
      carries === undefined ? [] : [{ listHash: carries.listHash, itemHashes: [1 + (n % 3), 5, 6 + n] }],
    )

  it('stores the same bytes wherever a state was put down and taken up again', () => {
    for (const layout of [featureSet.layouts.user, featureSet.layouts.item]) {
      fc.assert(
        fc.property(happenings, (events) => {
          const whole = new EntityState(layout)
          let cut = new EntityState(layout)
          for (const [offset, { type, atMs, key, value }] of events.entries()) {
            const keys = layout.lookups.map(() => key)
            const details = { value, itemHash: offset + 1, recentItems: listsOf(offset) }
            fold(layout, whole, type, atMs, offset, keys, details)
            fold(layout, cut, type, atMs, offset, keys, details)
            cut = decodeState(layout, encodeState(layout, cut))
          }
          expect(encodeState(layout, cut).equals(encodeState(layout, whole))).toBe(true)
          expect(() => JSON.stringify(describeState(layout, whole))).not.toThrow()
        }),
        { numRuns: 50 },
      )
    }
  })

  it('writes numbers of order one or of buckets, and flags of their two bits, into its own columns', () => {
    const after = kinds.age({ entity: 'item', name: 'after' })
    const user = [text('segment', 's1'), number('age', 40)]
    const item = [text('category', 'c1'), number('price', 0.7), text('tags', 'a'), text('tags', 'b')]
    const context = [text('device', 'phone'), number('hour', 12)]
    fc.assert(
      fc.property(happenings, fc.boolean(), fc.boolean(), (events, known, stale) => {
        const happened = events.map(({ type, atMs, value }): [string, number, number | null] => [
          type,
          (atMs - ROW_START_MS) / 60_000,
          value,
        ])
        const row = featureRow(
          { ...input, features: [before, definition, after] },
          { user, happened, stale, ...(known ? { item, context } : {}) },
        )
        for (const [name, [value, flags]] of Object.entries(row)) {
          const range = rangeOf.get(name)
          expect(Math.abs(value)).toBeLessThanOrEqual(range === undefined ? 10 : range - 1)
          if (range !== undefined) expect(value).toBe(Math.abs(Math.trunc(value)))
          expect(flags & ~(MISSING | STALE)).toBe(0)
        }
        expect(row['after']).toEqual(row['before'])
        expect(row['before__missing']).toEqual([known ? 0 : 1, 0])
      }),
      { numRuns: 50 },
    )
  })
})
