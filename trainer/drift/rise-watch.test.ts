import { describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { ADWIN_DEFAULTS } from './adwin.ts'
import { createRiseWatch } from './rise-watch.ts'

const chance = createChance(3)
const noisy = (mean: number) => mean + chance() - 0.5
const watchOf = (...parts: [mean: number, values: number][]) => {
  const watch = createRiseWatch({ ...ADWIN_DEFAULTS, minWindowLength: 50 })
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
