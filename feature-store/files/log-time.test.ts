import { describe, expect, it } from 'vitest'
import { LogUnreadableError } from './errors.ts'
import { createUnitNotes, logTimeOf } from './log-time.ts'

const place = { path: 'ratings.csv', line: 7 }
const timeOf = (timestamp: string) => logTimeOf({ timestamp }, 'timestamp', place)
const AT_MS = Date.UTC(2026, 10, 29, 2, 32, 1)

describe('logTimeOf', () => {
  it.each([
    ['1795919521', AT_MS, 'seconds'],
    ['1795919521.25', AT_MS + 250, 'seconds'],
    ['1795919521000', AT_MS, 'milliseconds'],
    ['1795919521000000', AT_MS, 'microseconds'],
    ['1795919521000000000', AT_MS, 'nanoseconds'],
    ['2026-11-29 02:32:01+00:00', AT_MS, null],
    ['2026-11-29T03:32:01+0100', AT_MS, null],
    ['2026-11-29 02:32:01', AT_MS, null],
  ])('reads %s', (text, atMs, unit) => expect(timeOf(text)).toEqual({ atMs, unit }))

  it.each(['0', '-1795919521', '12345', '99999999999', '1e30', '1970-01-01 00:00:01', 'yesterday'])(
    'refuses %s, naming file, line and column',
    (text) => {
      expect(() => timeOf(text)).toThrow(LogUnreadableError)
      expect(() => timeOf(text)).toThrow(/ratings\.csv: line 7: timestamp /)
    },
  )

  it('says which rows were converted', () => {
    const notes = createUnitNotes('ratings.csv', 'timestamp', 'seconds')
    for (const text of ['1795919521', '1795919521000', '1795919521000']) notes.note(timeOf(text))
    expect(notes.lines()).toEqual([
      'ratings.csv: timestamp of 2 row(s) is in milliseconds, not in seconds: converted',
    ])
  })
})
