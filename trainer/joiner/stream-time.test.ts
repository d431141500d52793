import { expect, it } from 'vitest'
import { createStreamTime } from './stream-time.ts'

const timeAfter = (...occurredAtMs: number[]) => {
  const time = createStreamTime({ jumpMsMax: 1_000, jumpRecordsMin: 3 })
  for (const ms of occurredAtMs) time.saw(ms)
  return time.nowMs
}

it('is the largest time seen and never goes back', () => {
  expect(timeAfter()).toBe(-Infinity)
  expect(timeAfter(50)).toBe(50)
  expect(timeAfter(50, 20, 70, 60)).toBe(70)
})

it('follows at the bound and hesitates one past it', () => {
  expect(timeAfter(50, 1_050)).toBe(1_050)
  expect(timeAfter(50, 1_051)).toBe(50)
})

it('is not moved by records with wrong clocks', () => {
  expect(timeAfter(50, 9e12, 60, 9e12, 70, 9e12, 9e12, 80)).toBe(80)
})

it('believes a gap in the log when the records after it are there as well', () => {
  expect(timeAfter(50, 90_000, 90_100)).toBe(50)
  expect(timeAfter(50, 90_000, 90_100, 90_200)).toBe(90_000)
  expect(timeAfter(50, 90_000, 9e12, 90_200, 90_300)).toBe(90_300)
})
