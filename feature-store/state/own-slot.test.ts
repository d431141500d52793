import { describe, expect, it } from 'vitest'
import { describeState } from '../describe-state.ts'
import { decodeState, encodeState } from './blob.ts'
import { EntityState } from './entity-state.ts'
import { fold } from './fold.ts'
import { buildLayout } from './layout.ts'
import { blankOf, touchEntry, type OwnNumber, type OwnSlot } from './own-slot.ts'
import { spellOut } from './spell-out.ts'

const START = 1_700_000_000_000
const numbers: OwnNumber[] = [
  { name: 'newest', stored: 'moment' },
  { name: 'sum', stored: 'amount' },
]
const perKey: OwnNumber[] = [{ name: 'times', stored: 'count' }]

/** Newest event, sum of seconds, and how often per category, for at most `valuesMax` of them. */
function slotOf(valuesMax: number, settings: object = {}): OwnSlot {
  const blank = blankOf(perKey)
  return {
    spec: { kind: 'seconds', ...settings },
    numbers,
    entries: { valuesMax, numbers: perKey },
    lookup: { attribute: 'category', bands: null },
    folds: new Map([
      [
        'view',
        (into, at, occurredAtMs, entries, key) => {
          into[at] = Math.max(into[at]!, occurredAtMs)
          into[at + 1]! += (occurredAtMs - START) / 1_000
          if (key !== null) touchEntry(entries, key, blank, valuesMax).counters[0]!++
        },
      ],
    ]),
  }
}

function layoutOf(valuesMax: number) {
  const builder = buildLayout('user')
  builder.own(slotOf(valuesMax))
  const map = builder.map('price', [1], 2)
  builder.mapCounter(map, ['click'], 60)
  builder.counter(['view'], null)
  builder.own({ ...slotOf(valuesMax, { second: true }), entries: null, lookup: null })
  return builder.finish()
}

describe('own slots', () => {
  it('stand behind everything else, with their lookup behind those of the maps', () => {
    const layout = layoutOf(2)
    expect(layout.lookups.map(({ attribute }) => attribute)).toEqual(['price', 'category'])
    expect(layout.places).toMatchObject({ counters: 3, own: [4, 6] })
    expect(layout.touches.get('view')).toMatchObject({ mapsTouched: false, looksUp: true })
  })

  it('fold what they name, keep at most so many keys, and survive being stored', () => {
    const layout = layoutOf(2)
    let state = new EntityState(layout)
    const views: [seconds: number, key: string | null][] = [
      [1.5, 'a'],
      [3, 'b'],
      [2, 'a'],
      [4, null],
      [5, 'c'],
    ]
    for (const [offset, [seconds, key]] of views.entries()) {
      fold(layout, state, 'view', START + seconds * 1_000, offset, ['0', key])
      state = decodeState(layout, encodeState(layout, state))
    }
    fold(layout, state, 'click', START + 9_000, 9, ['0', 'd'])
    expect(state.numbers.slice(4, 8)).toEqual([START + 5_000, 15.5, START + 5_000, 15.5])
    expect(state.maps[1]!.map(({ key, counters }) => [key, counters[0]])).toEqual([
      ['a', 2],
      ['c', 1],
    ])
    expect(spellOut(layout, state).maps).toHaveLength(1)
    expect(describeState(layout, state)['own']).toEqual([
      {
        kind: 'seconds',
        newest: '2023-11-14T22:13:25.000Z',
        sum: 15.5,
        values: { a: { times: 2 }, c: { times: 1 } },
      },
      { kind: 'seconds', second: true, newest: '2023-11-14T22:13:25.000Z', sum: 15.5 },
    ])
  })

  it('share a place when they are equal, and change the layout id when what they store changes', () => {
    const builder = buildLayout('user')
    expect(
      [slotOf(2), slotOf(2), slotOf(3), slotOf(2, { other: 1 })].map((slot) => builder.own(slot)),
    ).toEqual([0, 0, 1, 2])
    expect(layoutOf(2).id).toBe(layoutOf(2).id)
    expect(layoutOf(2).id).not.toBe(layoutOf(3).id)
  })

  it('refuse more keys than their bound in a blob, and lookups when items are folded', () => {
    const [wide, narrow] = [layoutOf(2), layoutOf(1)]
    const state = new EntityState(wide)
    for (const [offset, key] of ['a', 'b'].entries()) fold(wide, state, 'view', START, offset, [null, key])
    const blob = encodeState(wide, state)
    blob.write(narrow.id, 2, 'hex')
    expect(() => decodeState(narrow, blob)).toThrow('2 entries of seconds, at most 1')
    expect(() => buildLayout('item').own(slotOf(2))).toThrow('nothing is looked up')
  })
})
