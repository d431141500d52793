import { describe, expect, it } from 'vitest'
import { parseDuration, parseMoment, parseRate } from './range.ts'

describe('where a replay begins and ends', () => {
  it('takes offsets, times, times ago and now', () => {
    expect(parseMoment('0', 5)).toEqual({ kind: 'offset', offset: 0 })
    expect(parseMoment('now', 5)).toEqual({ kind: 'now' })
    expect(parseMoment('6h', 30_000_000)).toEqual({ kind: 'time', atMs: 8_400_000 })
    const atMs = Date.UTC(2026, 10, 29, 10)
    expect(parseMoment('2026-11-29T10:00:00Z', 5)).toEqual({ kind: 'time', atMs })
  })

  it.each(['', 'yesterday', '-1', '1.5', '6x', '12:00'])('refuses %j', (text) => {
    expect(() => parseMoment(text, 0)).toThrow('must be an offset')
  })

  it('takes rates with and without their unit, and durations with it', () => {
    expect([parseRate('500/s'), parseRate('0.5')]).toEqual([500, 0.5])
    expect(() => parseRate('0')).toThrow('interactions a second')
    expect(() => parseRate('5/min')).toThrow('interactions a second')
    expect(parseDuration('24h')).toBe(86_400_000)
    expect(() => parseDuration('24')).toThrow('must be a time')
  })
})
