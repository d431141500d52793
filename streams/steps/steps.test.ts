import { describe, expect, it } from 'vitest'
import { clampFuture } from './clamp-future.ts'
import { refuseAbsurdTime } from './refuse-absurd-time.ts'

const meta = { topic: 't', partition: 0, offset: 7, brokerTimeMs: 1_000_000 }

describe('clampFuture', () => {
  const step = clampFuture({ skewSecondsMax: 300, farSecondsMax: 86_400 })
  const aheadMs = (ms: number) => step({ occurredAtMs: meta.brokerTimeMs + ms }, meta)

  it('passes the past, however far', () => {
    const record = { occurredAtMs: 1 }
    expect(step(record, meta)).toEqual({ kind: 'pass', value: record })
  })
  it('passes at the bound and clamps one past it', () => {
    expect(aheadMs(300_000)).toEqual({ kind: 'pass', value: { occurredAtMs: 1_300_000 } })
    expect(aheadMs(300_001)).toEqual({
      kind: 'pass',
      value: { occurredAtMs: 1_300_000 },
      signal: 'clock_skew_clamped',
    })
  })
  it('clamps at a day and dead-letters one past it', () => {
    expect(aheadMs(86_400_000)).toMatchObject({ kind: 'pass', signal: 'clock_skew_clamped' })
    expect(aheadMs(86_400_001)).toMatchObject({ kind: 'deadLetter', reason: 'far_future' })
  })
})

describe('refuseAbsurdTime', () => {
  const step = refuseAbsurdTime()
  it.each([1, 0.5, 8.64e15])('passes %d', (occurredAtMs) => {
    expect(step({ occurredAtMs }, meta)).toEqual({ kind: 'pass', value: { occurredAtMs } })
  })
  it.each([0, -1, NaN, Infinity, -Infinity, 8.64e15 + 2])('refuses %d', (occurredAtMs) => {
    expect(step({ occurredAtMs }, meta)).toMatchObject({ kind: 'deadLetter', reason: 'absurd_time' })
  })
})
