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

describe('whose clock', () => {
  const step = clampFuture({ skewSecondsMax: 300, farSecondsMax: 86_400, earliestMs: 631_152_000_000 })
  const nowMs = Date.UTC(2026, 10, 29)
  const stamped = { ...meta, brokerTimeMs: nowMs }
  const detailOf = (occurredAtMs: number, at: typeof stamped & { ownTimeMs?: number }) => {
    const verdict = step({ occurredAtMs }, at)
    return verdict.kind === 'deadLetter' ? verdict.detail : verdict.kind
  }
  const DAY_MS = 86_400_000

  it('is the broker where it stamped the record', () => {
    expect(detailOf(nowMs + 2 * DAY_MS, stamped)).toMatch(/172800 s ahead of the broker's clock: .*sender/)
  })
  it("is ours where the producer did: a gateway's clock, fast or slow, moves nobody's time", () => {
    const fast = { ...meta, brokerTimeMs: nowMs + 3_000_000, ownTimeMs: nowMs }
    expect(step({ occurredAtMs: nowMs + 3_000_000 }, fast)).toMatchObject({
      value: { occurredAtMs: nowMs + 300_000 },
      signal: 'clock_skew_clamped',
    })
    const slow = { ...meta, brokerTimeMs: nowMs - 3_000_000, ownTimeMs: nowMs }
    expect(step({ occurredAtMs: nowMs }, slow)).toMatchObject({ value: { occurredAtMs: nowMs } })
    expect(detailOf(nowMs + 2 * DAY_MS, fast)).toMatch(/ahead of this service's clock/)
  })
  it('guesses the unit of what is far too large', () => {
    expect(detailOf(nowMs * 1_000, stamped)).toContain(
      `${String(nowMs * 1_000)} looks like microseconds (2026-11-29T00:00:00.000Z); milliseconds are wanted`,
    )
  })
})

describe('refuseAbsurdTime', () => {
  const EARLIEST_MS = 631_152_000_000
  const bounded = refuseAbsurdTime({ earliestMs: EARLIEST_MS })
  const nowMs = Date.UTC(2026, 10, 29)
  const detailOf = (occurredAtMs: number) => {
    const verdict = bounded({ occurredAtMs }, { ...meta, brokerTimeMs: nowMs })
    return verdict.kind === 'deadLetter' ? verdict.detail : verdict.kind
  }
  it('passes at the bound and refuses one before it', () => {
    expect(detailOf(EARLIEST_MS)).toBe('pass')
    expect(detailOf(EARLIEST_MS - 1)).toBe(
      'occurredAtMs is 631151999999, before 1990-01-01T00:00:00.000Z (limits.earliestEventMs)',
    )
  })
  it.each([
    [1_795_908_721, 'seconds'],
    [1_795_908_721e9, 'nanoseconds'],
  ])('says that %d looks like %s', (value, unit) => {
    expect(detailOf(value)).toContain(`${String(value)} looks like ${unit} (2026-11-28T`)
  })

  const step = refuseAbsurdTime()
  it.each([1, 0.5, 8.64e15])('passes %d', (occurredAtMs) => {
    expect(step({ occurredAtMs }, meta)).toEqual({ kind: 'pass', value: { occurredAtMs } })
  })
  it.each([0, -1, NaN, Infinity, -Infinity, 8.64e15 + 2])('refuses %d', (occurredAtMs) => {
    expect(step({ occurredAtMs }, meta)).toMatchObject({ kind: 'deadLetter', reason: 'absurd_time' })
  })
})
