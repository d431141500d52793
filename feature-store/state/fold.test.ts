import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeState, encodeState } from './blob.ts'
import { EntityState } from './entity-state.ts'
import { fold } from './fold.ts'
import { buildLayout, mapKeyOf } from './layout.ts'
import { spellOut } from './spell-out.ts'
import { countInWindow } from './window.ts'

const MINUTE = 60_000
const START = 1_700_000_000_000
const HALF_LIVES = [30, 360]

function layoutOf(valuesMax = 3) {
  const builder = buildLayout('user')
  for (const halfLife of HALF_LIVES) builder.counter(['view'], halfLife)
  builder.counter(['click'], 30)
  builder.counter(['view', 'click'], null)
  builder.window(['view'], 30, 5)
  builder.recency(['click'])
  const map = builder.map('category', null, valuesMax)
  builder.mapCounter(map, ['view'], 60)
  builder.mapCounter(map, ['click'], 60)
  return builder.finish()
}

interface Happening {
  type: string
  atMs: number
  key: string | null
}

const happenings = (spanMs: number) =>
  fc.array(
    fc.record({
      type: fc.constantFrom('view', 'click', 'hide'),
      atMs: fc.integer({ min: 0, max: spanMs }).map((ms) => START + ms),
      key: fc.option(fc.constantFrom('a', 'b', 'c', 'ünï'), { nil: null }),
    }),
    { maxLength: 60 },
  )

function folded(events: readonly Happening[], layout = layoutOf()) {
  const state = new EntityState(layout)
  for (const [offset, { type, atMs, key }] of events.entries()) {
    fold(layout, state, type, atMs, offset, [key])
  }
  return { layout, state, spelled: spellOut(layout, state) }
}

/** The closed formula: every event alone, faded from its own time to the newest. */
function sum(events: readonly Happening[], types: string[], halfLifeMinutes: number): number {
  const newest = Math.max(...events.map(({ atMs }) => atMs))
  return events
    .filter(({ type }) => types.includes(type))
    .reduce((total, { atMs }) => total + 2 ** (-(newest - atMs) / (halfLifeMinutes * MINUTE)), 0)
}

describe('layout', () => {
  it('shares slots that definitions have in common', () => {
    const builder = buildLayout('item')
    expect(builder.counter(['view', 'click'], 30)).toBe(0)
    expect(builder.counter(['click', 'view'], 30)).toBe(0)
    expect(builder.counter(['click', 'view'], 31)).toBe(1)
    expect(builder.counter(['click', 'view'], null)).toBe(2)
    expect(builder.finish().halfLivesMs).toEqual([30 * MINUTE, 31 * MINUTE])
  })

  it('has another id when anything stored changes', () => {
    const ids = [3, 4].map((valuesMax) => layoutOf(valuesMax).id)
    expect(new Set([...ids, buildLayout('user').finish().id, buildLayout('item').finish().id]).size).toBe(4)
    expect(layoutOf().id).toBe(layoutOf().id)
  })

  it('cuts numbers into bands and knows texts from numbers', () => {
    const bands = { bands: [0.25, 0.5] }
    expect([0, 0.25, 0.49, 0.5, 9].map((value) => mapKeyOf(bands, value))).toEqual(['0', '1', '1', '2', '2'])
    expect([mapKeyOf(bands, 'x'), mapKeyOf(bands, null), mapKeyOf({ bands: null }, 3)]).toEqual([
      null,
      null,
      null,
    ])
    expect(mapKeyOf({ bands: null }, 'c1')).toBe('c1')
  })
})

describe('fold', () => {
  it('halves a count after its half-life', () => {
    const { spelled } = folded([
      { type: 'view', atMs: START, key: 'a' },
      { type: 'hide', atMs: START + 30 * MINUTE, key: null },
    ])
    expect(spelled.counters[0]).toBeCloseTo(0.5, 15)
    expect(spelled.counters[1]).toBeCloseTo(2 ** (-1 / 12), 15)
  })

  it('agrees with the closed formula in any order', () => {
    fc.assert(
      fc.property(happenings(5 * 60 * MINUTE), (events) => {
        fc.pre(events.length > 0)
        const { state, spelled, layout } = folded(events)
        expect(state.applied).toBe(events.length)
        expect(state.lastOffset).toBe(events.length - 1)
        expect(state.asOfMs).toBe(Math.max(...events.map(({ atMs }) => atMs)))
        expect(spelled.counters[0]).toBeCloseTo(sum(events, ['view'], 30), 6)
        expect(spelled.counters[1]).toBeCloseTo(sum(events, ['view'], 360), 6)
        expect(spelled.counters[2]).toBeCloseTo(sum(events, ['click'], 30), 6)
        expect(spelled.counters[3]).toBe(events.filter(({ type }) => type !== 'hide').length)
        const clicks = events.filter(({ type }) => type === 'click').map(({ atMs }) => atMs)
        expect(spelled.recencies[0]).toBe(clicks.length === 0 ? -1 : Math.max(...clicks))
        const slot = layout.windows[0]!
        const { bucketMs } = slot
        const last = Math.floor(state.asOfMs / bucketMs)
        const inWindow = events.filter(
          ({ type, atMs }) => type === 'view' && Math.floor(atMs / bucketMs) > last - 6,
        )
        expect(countInWindow(state.numbers, layout.places.windows[0]!, slot, state.asOfMs)).toBe(
          inWindow.length,
        )
      }),
    )
  })

  it('keeps windows, recencies and plain counts exactly, whatever the order', () => {
    fc.assert(
      fc.property(
        happenings(3 * 60 * MINUTE).chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        ([events, shuffled]) => {
          const one = folded(events).spelled
          const other = folded(shuffled).spelled
          expect(other.windows.map(({ counts }) => counts)).toEqual(one.windows.map(({ counts }) => counts))
          expect(other.recencies).toEqual(one.recencies)
          expect(other.counters[3]).toBe(one.counters[3])
        },
      ),
    )
  })

  it('gives the same bytes wherever the state was put down and taken up again', () => {
    fc.assert(
      fc.property(
        happenings(24 * 60 * MINUTE),
        fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
        (events, cuts) => {
          const layout = layoutOf()
          let state = new EntityState(layout)
          for (const [offset, { type, atMs, key }] of events.entries()) {
            fold(layout, state, type, atMs, offset, [key])
            if (cuts[offset]) state = decodeState(layout, encodeState(layout, state))
          }
          expect(encodeState(layout, state).equals(encodeState(layout, folded(events).state))).toBe(true)
        },
      ),
    )
  })

  it('forgets the least recently updated value of a map', () => {
    const view = (key: string, minute: number) => ({ type: 'view', atMs: START + minute * MINUTE, key })
    const { state } = folded([view('a', 0), view('b', 1), view('a', 2), view('c', 3), view('d', 4)])
    expect(state.maps[0]!.map(({ key }) => key)).toEqual(['a', 'c', 'd'])
  })

  it('forgets values of a map that have faded away', () => {
    const { state } = folded([
      { type: 'view', atMs: START, key: 'a' },
      { type: 'view', atMs: START + 40 * 60 * MINUTE, key: 'b' },
    ])
    expect(state.maps[0]!.map(({ key }) => key)).toEqual(['b'])
  })

  it('costs the same after a hundred thousand interactions as after one', () => {
    const layout = layoutOf()
    const state = new EntityState(layout)
    for (let offset = 0; offset < 100_000; offset++) {
      fold(layout, state, 'view', START + offset * 1_000, offset, [`k${String(offset % 7)}`])
    }
    expect(encodeState(layout, state).length).toBeLessThan(160)
  })
})
