import { describe, expect, it } from 'vitest'
import { hashedBucket, scaledCount, scaledMinutes, scaledNumber, scaledRate } from './scales.ts'

const MINUTE = 60_000

describe('scales', () => {
  it('stay of order one', () => {
    expect(scaledCount(0)).toBe(0)
    expect(scaledCount(1e6)).toBeCloseTo(3.454, 3)
    expect(scaledMinutes(60 * MINUTE)).toBeCloseTo(1.028, 3)
    expect(scaledMinutes(-5)).toBe(0)
    expect(scaledRate(0, 0, 0.1, 5)).toBe(0)
    expect(scaledRate(10, 10, 0.1, 5)).toBeCloseTo(Math.log(10.5 / 15 / 0.1), 12)
    expect(scaledRate(0, 1e9, 0.5, 1)).toBe(-4)
    expect(scaledNumber(1e9, undefined)).toBe(10)
    expect(scaledNumber(9, { subtract: 1, divide: 2, log1p: true })).toBeCloseTo((Math.log(10) - 1) / 2, 12)
  })

  it('hash the same everywhere (FNV-1a test values)', () => {
    expect(hashedBucket('', 2 ** 32)).toBe(0x811c9dc5)
    expect(hashedBucket('a', 2 ** 32)).toBe(0xe40c292c)
    expect(hashedBucket('foobar', 2 ** 32)).toBe(0xbf9cf968)
  })
})
