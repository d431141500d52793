import { describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import type { Detector } from './detector.ts'
import { createDetector } from './detectors/index.ts'
import { createRiseWatch } from './rise-watch.ts'

const chance = createChance(3)
const noisy = (mean: number) => mean + chance() - 0.5
const startAdwin = () => createDetector({ name: 'adwin', minWindowLength: 50, gracePeriod: 10 })
const watchOf = (...parts: [mean: number, values: number][]) => {
  const watch = createRiseWatch(startAdwin)
  for (const [mean, values] of parts) for (let at = 0; at < values; at++) watch.update(noisy(mean))
  return watch
}

describe('a rise', () => {
  it('is none while nothing changes', () => {
    expect(watchOf([0, 5_000]).risen(0)).toBeUndefined()
  })
  it('is found with where it came from and about when', () => {
    const rise = watchOf([0, 2_000], [0.3, 500]).risen(0.2)
    expect(Math.abs(rise!.before)).toBeLessThan(0.1)
    expect(rise!.after).toBeCloseTo(0.3, 1)
    expect(Math.abs(rise!.count - 500)).toBeLessThan(100)
  })
  it('stands until it is asked for, and is measured anew', () => {
    const watch = watchOf([0, 2_000], [0.15, 400])
    expect(watch.risen(0.25)).toBeUndefined()
    for (let at = 0; at < 1_500; at++) watch.update(noisy(0.4))
    expect(watch.risen(0.25)!.before).toBeLessThan(0.1)
  })
  it('is told from so many values on, when asked to', () => {
    const watch = watchOf([0, 2_000], [0.3, 400])
    expect(watch.risen(0.2)).toBeDefined()
    expect(watch.risen(0.2, 1_000)).toBeUndefined()
    for (let at = 0; at < 800; at++) watch.update(noisy(0.3))
    expect(watch.risen(0.2, 1_000)!.count).toBeGreaterThanOrEqual(1_000)
  })
  it('is over when the value has come back', () => {
    expect(watchOf([0, 2_000], [0.4, 300], [0, 4_000]).risen(0.1)).toBeUndefined()
  })
  it('counts from 0 on: a return from below is none', () => {
    expect(watchOf([-0.4, 2_000], [0, 1_000]).risen(0.1)).toBeUndefined()
    expect(watchOf([-0.4, 2_000], [0.3, 1_000]).risen(0.2)!.before).toBeCloseTo(-0.4, 1)
  })
  it('is not told twice once the watch was restarted', () => {
    const watch = watchOf([0, 2_000], [0.3, 500])
    watch.restart()
    for (let at = 0; at < 2_000; at++) watch.update(noisy(0.3))
    expect(watch.risen(0)).toBeUndefined()
  })
})

describe('a detector that says no more than when', () => {
  /** Says drift at the 2,100th value. */
  function startPlain(): Detector {
    let seen = 0
    return {
      name: 'plain',
      update: () => ({ kind: ++seen === 2_100 ? 'drift' : 'quiet' }),
      save: () => ({ detector: 'plain', held: seen }),
    }
  }
  const watchPlain = (after: number) => {
    const watch = createRiseWatch(startPlain)
    for (let at = 0; at < 3_000; at++) watch.update(noisy(at < 2_000 ? 0 : after))
    return watch
  }

  it('finds a rise all the same', () => {
    const watch = watchPlain(0.4)
    const rise = watch.risen(0.2)
    expect(watch.detector).toBe('plain')
    expect(Math.abs(rise!.before)).toBeLessThan(0.1)
    expect(rise!.after).toBeCloseTo(0.4, 1)
    expect(Math.abs(rise!.count - 1_000)).toBeLessThan(150)
  })
  it('finds no rise in a fall', () => {
    expect(watchPlain(-0.4).risen(0)).toBeUndefined()
  })
})
