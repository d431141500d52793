import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Activity, activityOf, createActivity, decodeActivity } from './activity.ts'

const bounds = { entitiesMax: 100, keptMs: 0 }

/** Entities by when they were active last, as folds keep them. */
function crowd(activity: Activity) {
  const activeAt = new Map<string, number>()
  return {
    activeAt,
    meet(id: string, atMs: number): boolean {
      const known = activeAt.get(id) ?? -1
      const beforeMs = known < activity.horizonMs ? -1 : known
      const afterMs = Math.max(beforeMs, atMs)
      activeAt.set(id, afterMs)
      activity.moved(beforeMs, afterMs)
      return beforeMs >= 0
    },
    present: () => [...activeAt.values()].filter((atMs) => atMs >= activity.horizonMs).length,
  }
}

it('lets those least recently active go, a few at a time, and nobody else', () => {
  const activity = createActivity(bounds)
  const { meet, activeAt, present } = crowd(activity)
  for (let n = 0; n < 100; n++) meet(`u${String(n)}`, 1_000 + n)
  expect([activity.entities, activity.horizonMs, activity.dropped]).toEqual([100, -1, 0])
  for (let n = 0; n < 50; n++) meet(`u${String(n)}`, 2_000 + n)
  expect([activity.entities, activity.dropped]).toEqual([100, 0])
  for (let n = 100; n < 120; n++) meet(`u${String(n)}`, 3_000 + n)
  expect(activity.entities).toBe(100)
  expect(activity.dropped).toBe(20)
  expect(present()).toBe(100)
  const gone = [...activeAt].filter(([, atMs]) => atMs < activity.horizonMs).map(([id]) => id)
  expect(gone).toEqual(Array.from({ length: 20 }, (_, n) => `u${String(50 + n)}`))
  expect(meet('u50', 4_000)).toBe(false)
  expect(meet('u0', 4_001)).toBe(true)
})

it('counts exactly who is there, in any order of times, and never more than the bound', () => {
  const met = fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 50_000 })), { maxLength: 2_000 })
  fc.assert(
    fc.property(met, fc.constantFrom(0, 20_000), (all, keptMs) => {
      const activity = createActivity({ ...bounds, keptMs })
      const { meet, present } = crowd(activity)
      let horizonMs = -1
      for (const [id, atMs] of all) {
        meet(`u${String(id)}`, atMs)
        expect(activity.horizonMs).toBeGreaterThanOrEqual(horizonMs)
        horizonMs = activity.horizonMs
        expect(activity.entities).toBeLessThanOrEqual(bounds.entitiesMax)
      }
      expect(activity.entities).toBe(present())
    }),
  )
})

it('goes a hundred-and-twenty-eighth at a time, and takes the same memory whatever there was', () => {
  const activity = createActivity({ entitiesMax: 12_800, keptMs: 1_000_000_000 })
  let [least, longest] = [Infinity, 0]
  for (let n = 0; n < 300_000; n++) {
    activity.moved(-1, n * 7)
    if (n > 12_800) least = Math.min(least, activity.entities)
    if (n % 1_000 === 0) longest = Math.max(longest, activity.encode().length)
  }
  expect(least).toBeGreaterThanOrEqual(12_700)
  expect(longest).toBeLessThan(256 * 8)
  // Each active once in a while, so that no stretch is ever empty.
  const busy = createActivity({ entitiesMax: 12_800, keptMs: 0 })
  const { meet } = crowd(busy)
  for (let n = 0; n < 300_000; n++) meet(`u${String((n * 7_919) % (1 + (n % 10_000)))}`, n)
  expect(busy.encode().length).toBeLessThan(256 * 8)
  expect(busy.dropped).toBe(0)
})

it('goes on after it was stored as if it never had been, and moves with time', () => {
  const limits = { entitiesMax: 1_000, keptMs: 6_400 }
  const [kept, stored] = [createActivity(limits), crowd(createActivity(limits))]
  const other = crowd(kept)
  let again = createActivity(limits)
  for (let n = 0; n < 5_000; n++) {
    const [id, atMs] = [`u${String((n * 31) % 1_777)}`, n * 3 - ((n * 17) % 40)]
    other.meet(id, Math.max(0, atMs))
    const known = stored.activeAt.get(id) ?? -1
    const beforeMs = known < again.horizonMs ? -1 : known
    stored.activeAt.set(id, Math.max(beforeMs, atMs, 0))
    again.moved(beforeMs, Math.max(beforeMs, atMs, 0))
    if (n % 97 === 0) again = decodeActivity(limits, again.encode())
  }
  expect(again.encode().equals(kept.encode())).toBe(true)
  expect(kept.horizonMs).toBeGreaterThan(5_000 * 3 - 6_400 - 3 * 100 - 40)
})

it('a crowd of one moment goes as a whole, and what comes from before it is not counted', () => {
  const activity = createActivity(bounds)
  for (let n = 0; n < 101; n++) activity.moved(-1, 5)
  expect([activity.entities, activity.horizonMs, activity.dropped]).toEqual([0, 6, 101])
  activity.moved(-1, 5)
  expect([activity.entities, activity.dropped]).toEqual([0, 102])
  activity.moved(-1, 6)
  expect(activity.entities).toBe(1)
})

it('is made of states that nobody has counted', () => {
  const activity = activityOf(bounds, [5, 3, 9, 1])
  expect([activity.entities, activity.horizonMs]).toEqual([4, -1])
  expect(
    activityOf(
      bounds,
      Array.from({ length: 150 }, (_, n) => 150 - n),
    ).horizonMs,
  ).toBe(51)
  expect(() => decodeActivity(bounds, Buffer.from([9]))).toThrow('activity of format 9')
})
