import { expect, it } from 'vitest'
import { driftConfigSchema } from '../config.ts'
import { clickedStream, type ClickedStreamOptions } from '../testing/clicked-stream.ts'
import { createLossWatch, type LossAlarm, type LossWatchOptions } from './loss-watch.ts'

const OPTIONS: LossWatchOptions = driftConfigSchema.parse({})
/** The click rate swings between 7 % and 13 %. */
const DAYS = { rhythm: 0.35, examplesPerDay: 30_000 }

interface Raised extends LossAlarm {
  atExample: number
}

function alarmsOf(stream: ClickedStreamOptions, options = OPTIONS): Raised[] {
  const watch = createLossWatch(options)
  const raised: Raised[] = []
  let atExample = 0
  for (const example of clickedStream(stream)) {
    const { alarm } = watch.observe(example)
    if (alarm !== undefined) raised.push({ ...alarm, atExample })
    atExample += 1
  }
  return raised
}

/** trainer/LESSONS.md has the figures of 20 seeds and longer runs. */
const seeds = Array.from({ length: 6 }, (_, seed) => seed + 1)

/** Examples from the turn to the first alarm, sorted; every seed must raise one. */
function delaysOf(stream: Omit<ClickedStreamOptions, 'seed'> & { turn: { atExample: number } }): number[] {
  const delays = seeds.map((seed) => {
    const alarms = alarmsOf({ ...stream, seed: 100 + seed })
    expect(alarms[0]?.atExample ?? -1, `seed ${100 + seed}`).toBeGreaterThanOrEqual(stream.turn.atExample)
    return alarms[0]!.atExample - stream.turn.atExample
  })
  return delays.sort((left, right) => left - right)
}

it('is silent in stationary runs with a daily rhythm', { tags: 'long' }, () => {
  for (const seed of seeds.slice(0, 4)) {
    expect(alarmsOf({ seed, examples: 100_000, ...DAYS }), `seed ${seed}`).toEqual([])
  }
})

it.each([
  ['fully turned tastes at the same click rate', { tastesKept: 0 }, 'overclaim', 1_000],
  [
    'tastes turned by a third: normalized entropy from 0.87 to 0.98',
    { tastesKept: 0.62 },
    'overclaim',
    8_000,
  ],
  ['inverted tastes', { tastesKept: -1 }, 'overclaim', 600],
  [
    'two thirds of the clicks gone, tastes as they were',
    { tastesKept: 1, shift: -1.2 },
    'overprediction',
    2_500,
  ],
  ['what is shown pleases nobody any more', { tastesKept: 0.5, shift: -1.5 }, 'overprediction', 1_500],
] as const)('finds %s', (_what, turn, symptom, examplesMax) => {
  for (const seed of seeds) {
    const [first] = alarmsOf({
      seed: 100 + seed,
      examples: 40_000,
      ...DAYS,
      turn: { atExample: 25_000, ...turn },
    })
    const delay = (first?.atExample ?? -1) - 25_000
    expect(first, `seed ${100 + seed}`).toMatchObject({ symptom })
    expect(delay, `seed ${100 + seed}`).toBeGreaterThanOrEqual(0)
    expect(delay, `seed ${100 + seed}`).toBeLessThan(examplesMax)
  }
})

it('does not answer to clicks that become more', () => {
  const turn = { atExample: 25_000, tastesKept: 1, shift: 0.4 }
  for (const seed of seeds) expect(alarmsOf({ seed, examples: 40_000, ...DAYS, turn })).toEqual([])
})

/** Champions that know more or less than the one before, all honest. */
const swaps = (everyExamples: number) => (example: number) => {
  const turn = Math.floor(example / everyExamples)
  return { modelId: `m${turn}`, known: [0.3, 0.6, 0.9, 0.7, 0.8][turn % 5]! }
}

it('takes no swap of the champion for a drift, to a better or a worse one', () => {
  for (const seed of seeds.slice(0, 3)) {
    expect(alarmsOf({ seed: 200 + seed, examples: 100_000, ...DAYS, served: swaps(10_000) })).toEqual([])
  }
})

it.each([
  [0, 0, 2_500],
  [300, 0, 2_500],
  [1_000, 0, 2_500],
  [0, 0.5, 5_000],
  [1_000, 0.5, 5_000],
])('is not blind when tastes turn %i examples after a swap (%d kept)', (after, tastesKept, examplesMax) => {
  const atExample = 24_000 + after
  const delays = delaysOf({
    examples: 36_000,
    ...DAYS,
    served: swaps(12_000),
    turn: { atExample, tastesKept },
  })
  expect(delays[5]).toBeLessThan(examplesMax)
  // Held back while the new champion settles.
  expect(delays[0]).toBeGreaterThanOrEqual(OPTIONS.settleExamples - after - 1)
})

it('says about how long ago the change was, and by how much', () => {
  const turn = { atExample: 25_000, tastesKept: 0 }
  const [first] = alarmsOf({ seed: 7, examples: 30_000, ...DAYS, turn })
  expect(Math.abs(first!.before)).toBeLessThan(0.01)
  expect(first!.after).toBeGreaterThan(0.05)
  expect(Math.abs(first!.afterExamples - (first!.atExample - turn.atExample))).toBeLessThan(400)
})

it('watches anew after the answer to an alarm', () => {
  const served = (example: number) => ({ modelId: example < 28_000 ? 'old' : 'answer', known: 1 })
  const watch = createLossWatch(OPTIONS)
  let atExample = 0
  const raised: number[] = []
  const parts: ClickedStreamOptions[] = [
    { seed: 1, examples: 28_000, ...DAYS, served, turn: { atExample: 25_000, tastesKept: 0 } },
    {
      seed: 2,
      examples: 30_000,
      ...DAYS,
      served: () => served(28_000),
      turn: { atExample: 25_000, tastesKept: 0 },
    },
  ]
  for (const part of parts) {
    for (const example of clickedStream(part)) {
      if (watch.observe(example).alarm !== undefined) raised.push(atExample)
      atExample += 1
    }
  }
  expect(raised).toHaveLength(2)
  expect(raised[0]).toBeLessThan(26_000)
  expect(raised[1]! - 53_000).toBeGreaterThan(0)
  expect(raised[1]! - 53_000).toBeLessThan(1_000)
})
