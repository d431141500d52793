import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createAdwin, type AdwinOptions } from './adwin.ts'

/** River's defaults. */
const RIVER: AdwinOptions = {
  delta: 0.002,
  clock: 32,
  maxBuckets: 5,
  minWindowLength: 5,
  gracePeriod: 10,
}

interface RiverRun {
  options: {
    delta?: number
    clock?: number
    max_buckets?: number
    min_window_length?: number
    grace_period?: number
  }
  fired: number[]
  widthsAfterFiring: number[]
  width: number
  total: number
  variance: number
}
const reference = JSON.parse(readFileSync(new URL('../reference/adwin.json', import.meta.url), 'utf8')) as {
  streams: { name: string; values: number[]; runs: RiverRun[] }[]
  generated: { seed: number; segments: [number, number][]; runs: RiverRun[] }[]
}

function optionsOf({ options }: RiverRun): AdwinOptions {
  return {
    delta: options.delta ?? RIVER.delta,
    clock: options.clock ?? RIVER.clock,
    maxBuckets: options.max_buckets ?? RIVER.maxBuckets,
    minWindowLength: options.min_window_length ?? RIVER.minWindowLength,
    gracePeriod: options.grace_period ?? RIVER.gracePeriod,
  }
}

/** River starts a new detector with the value after an alarm. */
function asRiver(values: readonly number[], options: AdwinOptions): Omit<RiverRun, 'options'> {
  let adwin = createAdwin(options)
  const fired: number[] = []
  const widthsAfterFiring: number[] = []
  let isOver = false
  values.forEach((value, index) => {
    if (isOver) adwin = createAdwin(options)
    isOver = adwin.update(value) !== undefined
    if (!isOver) return
    fired.push(index)
    widthsAfterFiring.push(adwin.width)
  })
  return { fired, widthsAfterFiring, width: adwin.width, total: adwin.total, variance: adwin.variance }
}

/** The linear congruential generator of reference/adwin_reference.py. */
function bernoulli(seed: number, segments: readonly (readonly [number, number])[]): number[] {
  let state = seed
  return segments.flatMap(([count, rate]) =>
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32 < rate ? 1 : 0
    }),
  )
}

describe('ADWIN fires where River fires, with the same window', () => {
  const cases = [
    ...reference.streams.flatMap(({ name, values, runs }) => runs.map((run) => ({ name, values, run }))),
    ...reference.generated.flatMap(({ seed, segments, runs }) =>
      runs.map((run) => ({
        name: JSON.stringify({ segments, ...run.options }),
        values: bernoulli(seed, segments),
        run,
      })),
    ),
  ]
  it.each(cases)('$name', ({ values, run }) => {
    const ours = asRiver(values, optionsOf(run))
    expect(ours.fired).toEqual(run.fired)
    expect(ours.widthsAfterFiring).toEqual(run.widthsAfterFiring)
    expect(ours.width).toBe(run.width)
    expect(ours.total).toBeCloseTo(run.total, 6)
    // River gives the sum of squares, not divided by the width.
    expect(ours.variance * ours.width).toBeCloseTo(run.variance, 4)
  })
})

it('says what the means were before and after', () => {
  const adwin = createAdwin(RIVER)
  const cuts = bernoulli(7, [
    [4_000, 0.1],
    [1_000, 0.6],
  ]).map((value) => adwin.update(value))
  const first = cuts.find((cut) => cut !== undefined)!
  expect(first.before).toBeGreaterThan(0.07)
  expect(first.before).toBeLessThan(0.13)
  expect(first.after).toBeGreaterThan(0.3)
})

it('holds a logarithmic number of buckets', () => {
  const adwin = createAdwin(RIVER)
  for (const value of bernoulli(3, [[100_000, 0.5]])) adwin.update(value)
  expect(adwin.width).toBe(100_000)
  expect(adwin.mean).toBeCloseTo(0.5, 1)
})
