import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addToWindow, countInWindow } from './window.ts'

const BUCKET_MS = 10
const BUCKETS = 4

const slotOf = (buckets: number, bucketMs: number) => ({ types: ['click'], buckets, bucketMs })
const slot = slotOf(BUCKETS, BUCKET_MS)

/** Among other numbers, which nobody may touch. */
const AT = 2
const OTHERS = [7, 8]

/** The window's own numbers: newest bucket, counts. */
function windowOf(times: readonly number[], of = slot): number[] {
  const numbers = [...OTHERS, -1, ...new Array<number>(of.buckets).fill(0), ...OTHERS]
  for (const atMs of times) addToWindow(numbers, AT, of, atMs)
  const window = numbers.splice(AT, of.buckets + 1)
  expect(numbers).toEqual([...OTHERS, ...OTHERS])
  return window
}

const countIn = (window: readonly number[], atMs: number, of = slot) =>
  countInWindow([...OTHERS, ...window, ...OTHERS], AT, of, atMs)

/**
 * The list of all times, kept for ever: what lies in the buckets that end at the one of `atMs`, less what the newest had
 * pushed out of the window by then.
 */
function naiveCount(times: readonly number[], atMs: number, buckets: number, bucketMs: number): number {
  const bucketOf = (ms: number) => Math.floor(ms / bucketMs)
  const newest = Math.max(...times.map(bucketOf))
  return times.filter((ms) => {
    const bucket = bucketOf(ms)
    return bucket <= bucketOf(atMs) && bucket > bucketOf(atMs) - buckets && bucket > newest - buckets
  }).length
}

const shapes = fc.record({
  buckets: fc.integer({ min: 1, max: 12 }),
  bucketMs: fc.integer({ min: 1, max: 50 }),
  times: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 40 }),
})

describe('window', () => {
  it('counts what a list of all times counts, at every moment', () => {
    fc.assert(
      fc.property(shapes, fc.nat(1_200), ({ buckets, bucketMs, times }, atMs) => {
        const of = slotOf(buckets, bucketMs)
        expect(countIn(windowOf(times, of), atMs, of)).toBe(naiveCount(times, atMs, buckets, bucketMs))
      }),
      { seed: 1, numRuns: 1_000 },
    )
  })

  it('is the same to the last count in whatever order the times come', () => {
    const shuffled = shapes.chain(({ times, ...shape }) =>
      fc.record({
        shape: fc.constant({ ...shape, times }),
        order: fc.shuffledSubarray(times, { minLength: times.length, maxLength: times.length }),
      }),
    )
    fc.assert(
      fc.property(shuffled, ({ shape: { buckets, bucketMs, times }, order }) => {
        const of = slotOf(buckets, bucketMs)
        expect(windowOf(order, of)).toEqual(windowOf(times, of))
      }),
      { seed: 2, numRuns: 1_000 },
    )
  })

  it.each([
    ['the first moment of the oldest bucket is in', 10, 1],
    ['the last moment before it is not', 9, 0],
    ['the last moment of the newest bucket is in', 49, 1],
    ['the moment after it is not yet known', 50, 0],
  ])('%s', (_, occurredAtMs, expected) => {
    // Buckets 1 to 4: 10 to 49.
    expect(countIn(windowOf([occurredAtMs]), 40)).toBe(expected)
  })

  it('forgets all when time jumps by its whole width, and keeps the newest bucket alone one before', () => {
    expect(windowOf([0, 0, 30])).toEqual([3, 1, 0, 0, 2])
    expect(windowOf([0, 0, 40])).toEqual([4, 1, 0, 0, 0])
  })

  it('counts nothing before the first one', () => {
    expect(countIn(windowOf([]), 1_000)).toBe(0)
  })
})
