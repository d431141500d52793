import { describe, expect, it } from 'vitest'
import { createLogLimit, type LogLine } from './log-limit.ts'
import { LOG_EVENTS } from './signals.ts'

const line = (fields: object = {}, event: string = LOG_EVENTS.recordDeadLettered): LogLine => ({
  level: 'warn',
  fields: { stage: 's', reason: 'far_future', ...fields },
  event,
})

describe('equal log lines', () => {
  it('are one line at first, then one for each window with how many there were', () => {
    const limit = createLogLimit({ windowMs: 30_000, keysMax: 10 })
    expect(limit.passes(line({ offset: 0 }), 0)).toBe(true)
    for (let offset = 1; offset <= 267; offset++)
      expect(limit.passes(line({ offset }), offset * 100)).toBe(false)
    expect(limit.due(29_999)).toEqual([])
    expect(limit.due(30_000)).toEqual([{ ...line({ offset: 267 }), repeated: 267 }])
    expect(limit.passes(line({ offset: 268 }), 30_001)).toBe(false)
    expect(limit.due(60_000)).toEqual([{ ...line({ offset: 268 }), repeated: 1 }])
  })

  it('are told at once again after a window without any', () => {
    const limit = createLogLimit({ windowMs: 30_000, keysMax: 10 })
    expect(limit.passes(line(), 0)).toBe(true)
    expect(limit.due(30_000)).toEqual([])
    expect(limit.passes(line(), 30_001)).toBe(true)
  })

  it.each([
    ['event', line({}, LOG_EVENTS.recordParked)],
    ['reason', line({ reason: 'long_id' })],
    ['stage', line({ stage: 'other' })],
    ['partition', line({ partition: 3 })],
    ['level', { ...line(), level: 'error' as const }],
  ])('are not equal when they differ by %s', (_, other) => {
    const limit = createLogLimit({ windowMs: 30_000, keysMax: 10 })
    expect(limit.passes(line(), 0)).toBe(true)
    expect(limit.passes(other, 0)).toBe(true)
  })

  it('are told apart by so many kinds and no more: past them lines of one event are equal', () => {
    const limit = createLogLimit({ windowMs: 30_000, keysMax: 2 })
    const passed = [0, 1, 2, 0, 1, 2, 3].map((partition) => limit.passes(line({ partition }), 0))
    expect(passed).toEqual([true, true, true, false, false, false, false])
    expect(limit.passes(line({}, LOG_EVENTS.recordParked), 0)).toBe(true)
    expect(limit.rest().map(({ repeated }) => repeated)).toEqual([1, 1, 2])
  })

  it('are told at the end, however early it comes', () => {
    const limit = createLogLimit({ windowMs: 30_000, keysMax: 10 })
    for (let repeat = 0; repeat < 3; repeat++) limit.passes(line(), 0)
    expect(limit.rest()).toEqual([{ ...line(), repeated: 2 }])
    expect(limit.rest()).toEqual([])
  })
})
