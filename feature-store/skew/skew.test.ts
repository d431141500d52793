import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attributesLayout } from '../attributes/attributes-layout.ts'
import { encodeAttributes } from '../attributes/attributes-blob.ts'
import { foldAttributes } from '../attributes/attributes-state.ts'
import { parseFeatureStoreConfig } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { createEntityHistory } from '../replay/entity-history.ts'
import { encodeState } from '../state/blob.ts'
import { createAttributeTail } from './attribute-tail.ts'
import { createEntityTail } from './entity-tail.ts'
import { type MirroredEntity, NEVER_SERVED } from './mirrored-side.ts'
import { returningTail } from './returning-tail.ts'
import { createSample } from './sample.ts'
import { servedBack } from './served-back.ts'
import { skewEventOf } from './skew-event.ts'
import { createSkewTally, featuresByColumn } from './skew-tally.ts'

const featureSet = compileFeatureSet(parseFeatureStoreConfig({}))
const { item: layout } = featureSet.layouts

describe('sample', () => {
  it('keeps who is in it from the beginning, and no more than its bound', () => {
    const sample = createSample<number>(100)
    const ids = Array.from({ length: 5_000 }, (_, n) => `user-${String(n)}`)
    for (const [n, id] of ids.entries()) sample.take(id, () => n)
    expect(sample.size).toBeLessThanOrEqual(100)
    expect(sample.size).toBeGreaterThan(25)
    for (const [id, n] of sample.entries()) expect(ids[n]).toBe(id)
    expect(ids.filter((id) => sample.has(id)).length).toBe(sample.size)
    expect(sample.share).toBeLessThan(1 / 32)
  })

  it('keeps all of them while they fit', () => {
    const sample = createSample<string>(3)
    for (const id of ['a', 'b', 'c']) sample.take(id, () => id)
    expect([...sample.values()]).toEqual(['a', 'b', 'c'])
    expect(sample.share).toBe(1)
  })
})

const arbitraryEntries = fc.array(
  fc.record({
    type: fc.constantFrom('view', 'click', 'like', 'other'),
    occurredAtMs: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_900_000 }),
    step: fc.integer({ min: 0, max: 2 }),
  }),
  { minLength: 1, maxLength: 200 },
)
const entriesOf = (told: { type: string; occurredAtMs: number; step: number }[]) => {
  let offset = 0
  return told.map(({ type, occurredAtMs, step }, n) => {
    offset += step
    return { type, itemId: 'i', occurredAtMs, offset, brokerTimeMs: n * 1_000 }
  })
}

describe('the tail of an entity', () => {
  it('asks the store again for the state of whom made room meanwhile, once that is past its return', () => {
    let horizonMs = -1
    const tail = returningTail(createEntityTail(layout, true, { entriesMax: 100 }), () => horizonMs)
    const clickAt = (minute: number, offset: number) =>
      tail.add({
        ...{ type: 'click', itemId: 'i', offset, brokerTimeMs: offset },
        occurredAtMs: 1_700_000_000_000 + minute * 60_000,
      })
    clickAt(0, 1)
    clickAt(1, 2)
    expect([tail.hasBegun, tail.beginsFrom]).toEqual([true, 0])
    horizonMs = 1_700_000_000_000 + 30 * 60_000
    clickAt(60, 7)
    expect([tail.hasBegun, tail.beginsFrom, tail.stateAt(7)]).toEqual([false, 8, 'not_ready'])
    clickAt(61, 8)
    const returned = createEntityHistory(layout, () => undefined)
    returned.add({ type: 'click', itemId: 'i', offset: 7, occurredAtMs: 1_700_000_000_000 + 60 * 60_000 })
    tail.begin(encodeState(layout, returned.stateAt(7)!), 8)
    const state = tail.stateAt(8)
    expect(typeof state === 'object' && state?.applied).toBe(2)
  })

  it('has the state of its history at every offset that it still knows', () => {
    fc.assert(
      fc.property(arbitraryEntries, fc.nat(250_000), fc.nat(200), (told, trimMs, adoptedAt) => {
        const entries = entriesOf(told)
        const history = createEntityHistory(layout, () => undefined)
        for (const entry of entries) history.add(entry)
        const whole = createEntityTail(layout, true, { entriesMax: 10_000 })
        const adopted = createEntityTail(layout, false, { entriesMax: 10_000 })
        for (const entry of entries) {
          whole.add(entry)
          adopted.add(entry)
        }
        const blob = history.stateAt(adoptedAt - 1)
        adopted.begin(blob === null ? null : encodeState(layout, blob), adoptedAt)
        whole.trim(trimMs)
        for (const { offset } of entries) {
          const expected = encodeState(layout, history.stateAt(offset)!)
          for (const tail of [whole, adopted]) {
            const state = tail.stateAt(offset)
            if (state === 'too_old') continue
            expect(typeof state === 'object' && state !== null && encodeState(layout, state)).toEqual(
              expected,
            )
          }
        }
        const last = entries.at(-1)!.offset
        expect(whole.stateAt(last)).not.toBe('too_old')
      }),
      { numRuns: 60 },
    )
  })

  it('knows nothing before it was told its beginning, nor before what it keeps', () => {
    const tail = createEntityTail(layout, false, { entriesMax: 8 })
    const entry = (offset: number) => ({
      type: 'click',
      itemId: 'i',
      occurredAtMs: offset,
      offset,
      brokerTimeMs: 0,
    })
    tail.add(entry(5))
    expect(tail.stateAt(5)).toBe('not_ready')
    tail.begin(null, 3)
    expect(tail.stateAt(5)).toMatchObject({ lastOffset: 5, applied: 1 })
    expect(tail.stateAt(-1)).toBeNull()
    for (let offset = 6; offset < 20; offset++) tail.add(entry(offset))
    expect(tail.length).toBeLessThanOrEqual(8)
    expect(tail.stateAt(5)).toBe('too_old')
    expect(tail.stateAt(19)).toMatchObject({ lastOffset: 19, applied: 15 })
  })

  it('waits for what its folds look up', () => {
    const tail = createEntityTail(layout, true, { entriesMax: 8, looksUp: (type) => type === 'click' })
    const entry = { type: 'click', itemId: 'i', occurredAtMs: 1, offset: 1, brokerTimeMs: 0 }
    tail.add(entry)
    expect(tail.stateAt(1)).toBe('not_ready')
    const [open] = tail.unresolved(1)
    open!.keys = ['news']
    expect(tail.stateAt(1)).toMatchObject({ applied: 1 })
  })
})

describe('the tail of attributes', () => {
  const layout = attributesLayout('item', { category: 'text' }, new Set(['category']), [])
  const told = (occurredAtMs: number, text: string) => ({
    occurredAtMs,
    attributes: [{ name: 'category', text, number: null }],
  })

  it('goes on from what the store had, and never forgets how it was at first', () => {
    const tail = createAttributeTail(layout)
    tail.add({ offset: 2, told: told(20, 'two') })
    tail.add({ offset: 3, told: told(30, 'three') })
    const base = foldAttributes(layout, null, { ...told(10, 'one'), offset: 1 })
    tail.begin(encodeAttributes(layout, base), 3)
    expect(tail.recordsUntil(5)).toBe(1)
    expect(tail.recordsUntil(30)).toBe(2)
    expect(tail.after(1)).toMatchObject({ lastOffset: 1, firstAtMs: 10 })
    expect(tail.after(2)).toMatchObject({ lastOffset: 3, applied: 2 })
    for (let n = 0; n < 100; n++) tail.add({ offset: 4 + n, told: told(40 + n, 'x') })
    const count = tail.recordsUntil(1_000)
    expect(tail.after(count)).toMatchObject({ lastOffset: 103, applied: 102, firstAtMs: 10 })
    tail.add({ offset: 104, told: null })
    expect(tail.after(count + 1)?.versions ?? []).toEqual([])
  })
})

describe('what is told of skew', () => {
  const example = {
    ...{ predictionId: 'p:1', modelId: 'm-1', occurredAtMs: 5, itemId: 'i', column: 'clicks' },
    ...{ served: 1.5, computed: 2 },
  }
  const differs = { features: ['clicks', 'views'], example }

  it('is the share of the last while, at once, then now and then until it is over', () => {
    const tally = createSkewTally({ windowSeconds: 60, tellSeconds: 10 })
    tally.add({ vectors: 90, differing: [] }, 0)
    expect(tally.toTell(0)).toBeNull()
    tally.add({ vectors: 10, differing: [differs, differs] }, 1_000)
    const first = tally.toTell(1_000)!
    expect(first).toMatchObject({ checked: 100, differing: 2, share: 0.02, example })
    expect(tally.toTell(10_999)).toBeNull()
    expect(tally.toTell(11_000)).toMatchObject({ share: 0.02 })
    tally.add({ vectors: 50, differing: [] }, 62_000)
    expect(tally.toTell(62_000)).toMatchObject({ checked: 50, differing: 0, share: 0 })
    expect(tally.toTell(120_000)).toBeNull()
  })

  it('names features, an example and what may be behind it', () => {
    const tally = createSkewTally({ windowSeconds: 60, tellSeconds: 10 })
    tally.add({ vectors: 1_000, differing: [differs] }, 0)
    const event = skewEventOf(tally.reading(0), { before: 0, windowSeconds: 60, nowMs: 7 })
    expect(event).toMatchObject({
      monitor: 'skew',
      kind: 'skew',
      after: 0.001,
      examples: 1_000,
      modelId: 'm-1',
    })
    expect(event.cause).toMatch(
      /^1 of 1,000 served vectors of the last 60 s .* differ \(0\.10 %\): clicks \(1\), views \(1\)\. Prediction p:1, item i, clicks: served 1\.5, computed 2\. A state was changed/,
    )
    const over = skewEventOf(
      { checked: 5, differing: 0, share: 0, byFeature: [], example: null },
      { before: 0.1, windowSeconds: 60, nowMs: 8 },
    )
    expect(over).toMatchObject({ kind: 'none', before: 0.1, after: 0, occurredAtMs: 8 })
  })

  it('knows the feature of every column', () => {
    const features = featuresByColumn(featureSet)
    expect(features).toHaveLength(featureSet.width + 1)
    for (const [column, name] of featureSet.names.entries())
      expect(name.startsWith(features[column]!)).toBe(true)
  })
})

describe('a state that was served', () => {
  const DAY_MS = 86_400_000
  const atMs = 1_700_000_000_000
  /** An item with one click, served after it; then, `days` of event time and a minute of the clock later, without a state. */
  function goneAfter(days: number) {
    const state = returningTail(createEntityTail(layout, true, { entriesMax: 100 }), () => -1)
    state.add({ type: 'click', itemId: 'i', occurredAtMs: atMs, offset: 4, brokerTimeMs: 0 })
    const item: MirroredEntity = { state, attributes: null, attributesFromMs: 0, served: { ...NEVER_SERVED } }
    const served = (itemOffset: number, occurredAtMs: number, scoredAtMs: number) =>
      servedBack(
        {
          ...{ predictionId: 'p', modelId: 'm', userId: 'u', userOffset: -1, occurredAtMs, scoredAtMs },
          ranking: [{ itemId: 'i', itemOffset, vector: Buffer.alloc(4) }],
        } as unknown as Parameters<typeof servedBack>[0],
        { user: () => undefined, item: () => item },
        featureSet.layouts,
      )
    expect(served(4, atMs + 1, 0)).toEqual([])
    return served(-1, atMs + days * DAY_MS, 60_000).length
  }

  it('has gone back when it is no longer there, unless it has expired in event time', () => {
    const { inactiveDays } = featureSet.config.expiry
    expect([goneAfter(1), goneAfter(inactiveDays), goneAfter(inactiveDays + 1)]).toEqual([1, 1, 0])
  })
})
