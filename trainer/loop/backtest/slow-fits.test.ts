import { expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { fitModel } from '../../learning/fit-model.ts'
import { type Fitter, fitterInProcess } from '../../learning/fitter.ts'
import { openLinearModel } from '../../testing/index.ts'
import { playLog } from './play-log.ts'
import type { PlayOptions } from './played.ts'
import { smallFeed, smallLog } from './testing/small-log.ts'

const HOUR_MS = 3_600_000
const feed = smallFeed({ learners: [{ use: 'base-rate' }, { use: 'ftrl' }] })

const play = (fitter: Fitter, options: Partial<PlayOptions> = {}) =>
  playLog({
    log: smallLog({ requests: 200, hours: 40 }),
    feed,
    retrainEveryMs: 2 * HOUR_MS,
    windowMs: Infinity,
    fromDay: 0,
    gates: ['none', 'live'],
    openModel: openLinearModel,
    fitter,
    stopwatch: { nowMs: () => 0 },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...options,
  })
const inProcess = play(fitterInProcess)

/** Fits of which some end long after others that began later. */
function unevenFitter(seed: number, atOnce: number): Fitter {
  const chance = createChance(seed)
  return {
    atOnce,
    async fit(request, options) {
      const rest = chance() < 0.3 ? 60 : 0
      const model = await fitModel(request, options)
      await new Promise((resolve) => setTimeout(resolve, rest))
      return model
    },
    stop: () => Promise.resolve(),
  }
}

it.each([
  [1, 1],
  [2, 2],
  [3, 4],
])('scores are the same however long fits take (seed %i, %i at once)', async (seed, atOnce) => {
  const [expected, played] = [await inProcess, await play(unevenFitter(seed, atOnce))]
  expect(played.columns).toEqual(expected.columns)
  expect(played.contenders.map(({ live }) => live)).toEqual(expected.contenders.map(({ live }) => live))
  expect(expected.contenders[0]!.retrains.length).toBeGreaterThan(15)
  expect(expected.contenders[1]!.live.live.length).toBeGreaterThan(0)
})

it('so are those of a stacked learner, which learns on while its base is fitted', async () => {
  const stack = { use: 'stack', fitEveryMinutes: 360, trees: { trees: 5, rowsMin: 5 } } as const
  const stacked = { feed: smallFeed({ learners: [stack] }) }
  const expected = await play(fitterInProcess, stacked)
  const played = await play(unevenFitter(4, 2), stacked)
  expect(played.columns).toEqual(expected.columns)
  const [contender] = expected.contenders
  expect(contender!.failure).toBeUndefined()
  expect(contender!.retrains.length).toBeGreaterThan(15)
})

it('plays on while fits run, as many at once as there are threads', async () => {
  const begun: (() => void)[] = []
  let underWay = 0
  let most = 0
  const played = await play({
    atOnce: 2,
    async fit(request, options) {
      most = Math.max(most, ++underWay)
      // Nobody ends before the next has begun; the last ones have nobody to wait for.
      const next = new Promise<void>((resolve) => begun.push(resolve))
      begun.at(-2)?.()
      await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 500))])
      underWay -= 1
      return fitModel(request, options)
    },
    stop: () => Promise.resolve(),
  })
  expect(most).toBe(2)
  expect(played.columns).toEqual((await inProcess).columns)
})

it('tells of a fit that fails, and goes on with the model before it', async () => {
  let fits = 0
  const played = await play({
    ...fitterInProcess,
    fit: (request, options) => {
      fits += 1
      return fits === 3 ? Promise.reject(new Error('out of memory')) : fitModel(request, options)
    },
  })
  const [{ retrains, failure }] = played.contenders as [(typeof played.contenders)[0]]
  expect(failure).toBe('out of memory')
  expect(retrains.length).toBe(fits - 1)
})
