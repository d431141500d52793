import { describe, expect, it } from 'vitest'
import { createPace, createPaces } from './pace.ts'

function timed(ratePerSecond: number | null) {
  let nowMs = 0
  const pace = createPace({ ratePerSecond, nowMs: () => nowMs, sleep: async (ms) => void (nowMs += ms) })
  return { pace, now: () => nowMs, pass: (ms: number) => void (nowMs += ms) }
}

describe('the pace of a replay', () => {
  it('lets no more through than its rate, whatever the batches', async () => {
    const { pace, now } = timed(1_000)
    for (const count of [1, 5_000, 200, 799]) await pace.take(count)
    await pace.take(1)
    expect(now()).toBe(6_000)
  })

  it('does not save up what was not asked for', async () => {
    const { pace, now, pass } = timed(10)
    pass(60_000)
    await pace.take(10)
    await pace.take(10)
    expect(now()).toBe(61_000)
  })

  it('holds nobody without a rate', async () => {
    const { pace, now } = timed(null)
    for (let n = 0; n < 5; n++) await pace.take(1_000_000)
    expect(now()).toBe(0)
  })

  it('holds everybody while it is paused, and lets go of them when it is closed', async () => {
    let isHeld = true
    const pace = createPace({ ratePerSecond: null, nowMs: () => 0, sleep: () => new Promise(setImmediate) })
    pace.pause()
    const taken = pace.take(1).then(() => (isHeld = false))
    for (let n = 0; n < 5; n++) await new Promise(setImmediate)
    expect(isHeld).toBe(true)
    pace.close()
    await taken
    expect(isHeld).toBe(false)
  })

  it('holds while others go first, whether or not it was paused and resumed meanwhile', async () => {
    let sleeps = 0
    const pace = createPace({
      ratePerSecond: null,
      nowMs: () => 0,
      async sleep() {
        sleeps++
        if (sleeps === 3) pace.resume()
        if (sleeps === 5) pace.hold(false)
      },
    })
    pace.hold(true)
    await pace.take(1)
    expect(sleeps).toBe(5)
  })
})

it('gives each side the whole rate, and holds all of them at once', async () => {
  let nowMs = 0
  const sleep = async (ms: number) => void (nowMs += ms)
  const paces = createPaces(['users', 'items'], { ratePerSecond: 1_000, nowMs: () => nowMs, sleep })
  for (let n = 0; n < 4; n++) for (const side of ['users', 'items']) await paces.of(side).take(500)
  expect(nowMs).toBe(1_500)
  paces.close()
  await paces.of('items').take(1_000_000)
  await paces.of('users').take(1)
  expect(nowMs).toBe(1_500)
})
