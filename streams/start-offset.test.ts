import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { startOffset, type StartFacts } from './start-offset.ts'

const facts: StartFacts = { asked: undefined, committed: null, low: 5, high: 20, startFrom: 'earliest' }

describe('startOffset', () => {
  it.each([
    ['the stage decides first', { asked: 9, committed: 12 }, { kind: 'at', offset: 9 }],
    ['then the group', { committed: 12 }, { kind: 'at', offset: 12 }],
    ['then earliest', {}, { kind: 'at', offset: 5 }],
    ['then latest', { startFrom: 'latest' as const }, { kind: 'at', offset: 20 }],
    ['the end is a place to begin', { asked: 20 }, { kind: 'at', offset: 20 }],
    ['one past the end is not', { asked: 21 }, { kind: 'beyond', offset: 21 }],
    ['the first offset loses nothing', { committed: 5 }, { kind: 'at', offset: 5 }],
    ['one before it does', { committed: 4 }, { kind: 'lost', offset: 5, wanted: 4 }],
    ['so does a fence that stands at the beginning', { asked: 0 }, { kind: 'lost', offset: 5, wanted: 0 }],
  ])('%s', (_, given, expected) => {
    expect(startOffset({ ...facts, ...given })).toEqual(expected)
  })
})

describe('whatever is known of a partition', () => {
  const offset = fc.nat(40)
  const known: fc.Arbitrary<StartFacts> = fc
    .record({
      asked: fc.option(offset, { nil: undefined }),
      committed: fc.option(offset, { nil: null }),
      low: offset,
      length: offset,
      startFrom: fc.constantFrom('earliest' as const, 'latest' as const),
    })
    .map(({ low, length, ...rest }) => ({ ...rest, low, high: low + length }))

  it('a stage begins within the log, at what was wanted, or says what is lost', () => {
    fc.assert(
      fc.property(known, (given) => {
        const { asked, committed, low, high, startFrom } = given
        const wanted = asked ?? committed
        const start = startOffset(given)
        if (start.kind === 'beyond') {
          expect(start.offset).toBe(wanted)
          expect(start.offset).toBeGreaterThan(high)
          return
        }
        expect(start.offset).toBeGreaterThanOrEqual(low)
        expect(start.offset).toBeLessThanOrEqual(high)
        if (wanted === null || wanted === undefined)
          expect(start.offset).toBe(startFrom === 'earliest' ? low : high)
        else expect(start.kind === 'lost' ? start.wanted : start.offset).toBe(wanted)
      }),
      { seed: 1, numRuns: 2_000 },
    )
  })
})
