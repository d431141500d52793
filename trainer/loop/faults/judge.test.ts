import { describe, expect, it } from 'vitest'
import { createOrderWatch, judgeStates, type StoredState } from './judge.ts'
import type { ReferenceState } from './reference.ts'

const right: ReferenceState = {
  applied: 3,
  asOfMs: 900,
  counters: [1.5],
  windows: [{ newest: 4, counts: [1, 0] }],
  recencies: [900],
  maps: [new Map([['c1', [2]]])],
}
const stored: StoredState = { ...right, maps: [[{ key: 'c1', counters: [2] }]] }
const judged = (found: StoredState | undefined) =>
  judgeStates(new Map([['u1', right]]), new Map(found === undefined ? [] : [['u1', found]]))

describe('the judge', () => {
  it('passes what differs by rounding and what has faded away', () => {
    const close = { ...stored, counters: [1.5 * (1 + 5e-10)] }
    expect(judged(close)).toEqual({ lost: 0, duplicated: 0, wrong: 0, firstWrong: null })
    const faded = { ...right, maps: [new Map([...right.maps[0]!, ['c2', [9e-10]]])] }
    expect(judgeStates(new Map([['u1', faded]]), new Map([['u1', stored]])).wrong).toBe(0)
  })

  it.each<[string, StoredState | undefined, object]>([
    ['a missing entity', undefined, { lost: 3, wrong: 1 }],
    ['one too few', { ...stored, applied: 2 }, { lost: 1, duplicated: 0, wrong: 1 }],
    ['one too many', { ...stored, applied: 5 }, { lost: 0, duplicated: 2, wrong: 1 }],
    ['a counter', { ...stored, counters: [1.5 + 1e-8] }, { wrong: 1 }],
    ['the newest event', { ...stored, asOfMs: 901 }, { wrong: 1 }],
    ['a window', { ...stored, windows: [{ newest: 4, counts: [1, 1] }] }, { wrong: 1 }],
    ['a bucket that moved', { ...stored, windows: [{ newest: 5, counts: [1, 0] }] }, { wrong: 1 }],
    ['a recency', { ...stored, recencies: [899] }, { wrong: 1 }],
    ['a map entry', { ...stored, maps: [[{ key: 'c2', counters: [2] }]] }, { wrong: 1 }],
  ])('sees %s', (_, found, verdict) => expect(judged(found)).toMatchObject(verdict))

  it('sees an entity that nobody asked for', () => {
    expect(judgeStates(new Map(), new Map([['u9', stored]]))).toMatchObject({ duplicated: 3, wrong: 1 })
  })
})

describe('the order watch', () => {
  it('counts what comes late, and not what comes again', () => {
    const watch = createOrderWatch()
    for (const offset of [1, 2, 5, 2, 5]) watch.see('i1', 0, offset)
    watch.see('i2', 0, 4)
    watch.see('i1', 1, 3)
    expect(watch.reordered).toBe(0)
    watch.see('i1', 0, 3)
    expect(watch.reordered).toBe(1)
  })
})
