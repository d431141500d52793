import { expect, it } from 'vitest'
import {
  carriedPerSecond,
  freshnessOf,
  medianSecondP99,
  quantilesOf,
  type AppliedWrite,
} from './freshness.ts'

const sent = (offset: number, intendedMs: number) => ({ partition: 1, offset, itemPartition: 2, intendedMs })
const userWrite = (nextOffset: number, atMs: number): AppliedWrite => ({
  side: 'user',
  partition: 1,
  nextOffset,
  sourceHighs: new Map(),
  atMs,
})
const itemWrite = (high: number, atMs: number): AppliedWrite => ({
  side: 'item',
  partition: 2,
  nextOffset: 0,
  sourceHighs: new Map([
    [0, 99],
    [1, high],
  ]),
  atMs,
})

it('counts from when an interaction was due to the first write that holds it', () => {
  const writes = [userWrite(2, 110), itemWrite(0, 115), userWrite(3, 120), itemWrite(2, 140)]
  expect(freshnessOf([sent(0, 100), sent(1, 101), sent(2, 102)], writes)).toEqual({
    user: [10, 9, 18],
    item: [15, 39, 38],
  })
})

it('does not take silence for freshness', () => {
  expect(() => freshnessOf([sent(5, 100)], [userWrite(5, 110), itemWrite(5, 110)])).toThrow('never')
})

it('gives quantiles by rank', () => {
  const values = Array.from({ length: 1_000 }, (_, n) => 999 - n)
  expect(quantilesOf(values)).toEqual({ p50: 500, p99: 990, p999: 999 })
})

it('takes every second by itself, so that a disturbed one stays one', () => {
  const all = Array.from({ length: 3_000 }, (_, n) => sent(n, 500 + n))
  const delays = all.map((_, n) => (n >= 1_000 && n < 2_000 ? 300 : n % 1_000 >= 980 ? 20 + n / 1_000 : 5))
  expect(quantilesOf(delays).p99).toBe(300)
  expect(medianSecondP99(all, delays)).toBeCloseTo(22.99, 5)
})

it('counts as carried what became visible in time, on both sides', () => {
  const all = [sent(0, 100), sent(1, 200), sent(2, 300), sent(3, 400)]
  const late = { user: [50, 50, 50, 50], item: [0, 60, 800, 0] }
  expect(carriedPerSecond(all, late, 160, 660)).toBe(4)
})
