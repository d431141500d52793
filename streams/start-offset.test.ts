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
