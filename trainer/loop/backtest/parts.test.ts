import { describe, expect, it } from 'vitest'
import type { Interaction } from '#schemas'
import { durationText, parseDuration } from '../duration.ts'
import { createOutcomeQueue } from './outcome-queue.ts'
import { pairedDifference } from './paired.ts'
import { createRetrainSchedule } from './retrain-schedule.ts'

describe('the outcome queue', () => {
  const outcome = (interactionId: string, occurredAtMs: number) =>
    ({ interactionId, occurredAtMs }) as Interaction

  it('gives outcomes in the order of their event time, equal ones in the order of telling', () => {
    const queue = createOutcomeQueue()
    queue.add([outcome('a', 30), outcome('b', 10)])
    queue.add([outcome('c', 20), outcome('d', 10)])
    const ids = (atMs: number) => queue.takeUntil(atMs).map(({ interactionId }) => interactionId)
    expect([ids(9), ids(10), ids(25)]).toEqual([[], ['b', 'd'], ['c']])
    queue.add([outcome('e', 5)])
    expect([ids(29), ids(Infinity), ids(Infinity)]).toEqual([['e'], ['a'], []])
  })
})

describe('the retrain schedule', () => {
  it('is due at whole multiples, once each, and passes over those nobody asked about', () => {
    const schedule = createRetrainSchedule(10, 0)
    expect([12, 19, 20, 57, 58].map((atMs) => schedule.dueAt(atMs))).toEqual([
      10,
      undefined,
      20,
      50,
      undefined,
    ])
  })

  it('is due once with never', () => {
    const schedule = createRetrainSchedule(null, 30)
    expect([12, 31, 99].map((atMs) => schedule.dueAt(atMs))).toEqual([undefined, 30, undefined])
  })
})

describe('stretches of time', () => {
  it.each([
    ['0', 0, '0s'],
    ['90s', 90_000, '90s'],
    ['30m', 1_800_000, '30m'],
    ['1.5h', 5_400_000, '90m'],
    ['24h', 86_400_000, '1d'],
  ])('%s', (text, ms, shown) => {
    expect(parseDuration(text)).toBe(ms)
    expect(durationText(ms)).toBe(shown)
  })

  it.each(['', '1', 'h', '-1h', '1w', '1 h'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow('expected a time like')
  })
})

describe('paired differences', () => {
  const rows = Array.from({ length: 400 }, (_, n) => ({
    user: n % 40,
    request: Math.floor(n / 4),
    label: n % 4 === 0 ? 1 : 0,
  }))
  const users = rows.map(({ user }) => user)
  const requests = rows.map(({ request }) => request)
  const scored = (scoreOf: (label: number) => number) =>
    rows.map(({ label }) => ({ score: scoreOf(label), label }))

  it('are nothing for the same scores', () => {
    const one = scored((label) => 0.2 + 0.1 * label)
    const { normalizedEntropy, groupedAuc } = pairedDifference({ users, requests, one, other: one }, 'seed')
    expect([normalizedEntropy, groupedAuc]).toEqual([
      { difference: 0, low: 0, high: 0 },
      { difference: 0, low: 0, high: 0 },
    ])
  })

  it('say how much is saved, and within which bounds other users would say it', () => {
    // The other says the base rate and knows no order: normalized entropy 1, AUC 0.5.
    const one = scored((label) => 0.1 + 0.4 * label)
    const other = scored(() => 0.25)
    const { normalizedEntropy, groupedAuc } = pairedDifference({ users, requests, one, other }, 'seed')
    const entropy = -0.25 * Math.log(0.25) - 0.75 * Math.log(0.75)
    const own = (-0.25 * Math.log(0.5) - 0.75 * Math.log(0.9)) / entropy
    expect(normalizedEntropy!.difference).toBeCloseTo(own - 1, 12)
    expect(normalizedEntropy!.low).toBeLessThan(own - 1)
    expect(normalizedEntropy!.high).toBeGreaterThan(own - 1)
    expect(normalizedEntropy!.high).toBeLessThan(0)
    expect(groupedAuc!.difference).toBe(0.5)
  })

  it('are the same for the same seed', () => {
    const one = rows.map(({ user, label }) => ({ score: 0.1 + user / 80, label }))
    const compared = { users, requests, one, other: scored(() => 0.25) }
    expect(pairedDifference(compared, 'a')).toEqual(pairedDifference(compared, 'a'))
    expect(pairedDifference(compared, 'a')).not.toEqual(pairedDifference(compared, 'b'))
  })

  it('grow wider with fewer users who say the same more often', () => {
    const one = rows.map(({ user, label }) => ({
      score: user % 2 === 0 ? 0.1 + 0.4 * label : 0.3 - 0.1 * label,
      label,
    }))
    const other = scored(() => 0.25)
    const widthOf = (by: number[]) => {
      const { low, high } = pairedDifference({ users: by, requests, one, other }, 'seed').normalizedEntropy!
      return high - low
    }
    expect(widthOf(users.map((user) => user % 4))).toBeGreaterThan(1.5 * widthOf(rows.map((_, n) => n)))
  })
})
