import { describe, expect, it } from 'vitest'
import { trainerConfigSchema } from '../config.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import { createMemoryScratchFile } from './pending/memory-scratch-file.ts'
import type { ScratchFile } from './pending/scratch-file.ts'
import {
  firstExamples,
  labelsOf,
  openJoiner,
  passTime,
  playInOrder,
  recordsOf,
  tell,
  undisturbed,
} from './testing/joiner-play.ts'

/** Of 300 predictions in 25 minutes all wait at once. */
const HORIZON_MINUTES = 40
/** After the last of them: all are over then. */
const MINUTES_AFTER = 55
const KIB = 1_024
/** Of each item: a prediction is 2 KB large. */
const FEATURES_MORE = 100

const configOf = (limits: Record<string, number>, horizonMinutes = HORIZON_MINUTES) =>
  trainerConfigSchema.parse({
    labels: {
      click: { positive: ['click'], shown: ['shown', 'view'], horizonMinutes },
      like: { positive: ['like'], shown: ['shown', 'view'], horizonMinutes },
    },
    limits,
  })

/** A scratch file that counts. */
function watched(file: ScratchFile) {
  const calls = { reads: 0, writes: 0 }
  const scratch: ScratchFile = {
    ...file,
    read: (position, length) => ((calls.reads += 1), file.read(position, length)),
    write: (position, bytes) => ((calls.writes += 1), file.write(position, bytes)),
  }
  return { scratch, calls }
}

/** All of it is in the log already; predictions are read faster than what came of them. */
async function catchUp(
  seed: number,
  limits: Record<string, number>,
  options: { scratch?: ScratchFile; horizonMinutes?: number } = {},
) {
  const config = configOf(limits, options.horizonMinutes)
  const opened = await openJoiner(seed, {}, config, options.scratch)
  const { predictions, interactions } = recordsOf(seed, FEATURES_MORE)
  for (const prediction of predictions) opened.driver.produce('predictions', prediction.userId, prediction)
  for (const interaction of interactions) tell(opened.driver, interaction)
  passTime(opened.driver, seed, MINUTES_AFTER)
  await opened.start()
  await opened.driver.settle()
  return opened
}

/** All 1,200 of them, as the feed would have it without bounds and mishaps. */
async function expectedOf(seed: number, horizonMinutes = HORIZON_MINUTES): Promise<string[]> {
  const expected = labelsOf(firstExamples(await undisturbed(seed, configOf({}, horizonMinutes))))
  expect(expected).toHaveLength(1_200)
  return expected
}

describe('predictions that memory does not hold', () => {
  it('wait on disk and give the same examples in the same order', async () => {
    const { scratch, calls } = watched(createMemoryScratchFile())
    const { driver, told } = await catchUp(11, { pendingBytesMax: 200 * KIB }, { scratch })
    expect(calls.writes).toBeGreaterThan(10)
    expect(calls.reads).toBeGreaterThan(10)
    expect(labelsOf(firstExamples(driver))).toEqual(await expectedOf(11))
    expect(told.log).toEqual([])
    for (const partition of [0, 1, 2, 3]) {
      const own = driver.records('examples').filter((record) => record.partition === partition)
      const times = own.map(({ value }) => value!.maturedAtMs)
      expect(times).toEqual([...times].sort((left, right) => left - right))
    }
  })

  it.each([12, 13, 14])('are there again after every kill (seed %i)', async (seed) => {
    const { scratch, calls } = watched(createMemoryScratchFile())
    const config = configOf({ pendingBytesMax: 200 * KIB })
    const { driver, start, told } = await openJoiner(seed, {}, config, scratch)
    await start()
    await playInOrder(
      driver,
      seed,
      async (asked) => {
        if (asked % 50 === 20) driver.crashNext('joiner', asked % 4 === 0 ? 'flush' : 'commit')
        if (asked % 50 !== 35) return
        await driver.crash('joiner').catch(() => undefined)
        await start()
      },
      { minutesAfter: MINUTES_AFTER, featuresMore: FEATURES_MORE },
    )
    expect(calls.writes).toBeGreaterThan(10)
    expect(labelsOf(firstExamples(driver))).toEqual(await expectedOf(seed))
    expect(told.log.filter((line) => line.includes(LOG_EVENTS.joinerOverflowed))).toEqual([])
  })
})

describe('a bound that is reached while a topic catches up', () => {
  it.each([
    ['pendingBytesMax', { pendingBytesMax: 800 * KIB, pendingDiskBytesMax: 0 }, Infinity],
    ['pendingDiskBytesMax', { pendingBytesMax: 400 * KIB, pendingDiskBytesMax: 400 * KIB }, Infinity],
    ['disk_full', { pendingBytesMax: 400 * KIB }, 400 * KIB],
  ])('lets the topic that is ahead wait and loses nothing: %s', async (reason, limits, diskSize) => {
    const scratch = createMemoryScratchFile(diskSize)
    const { driver, told } = await catchUp(15, limits, { scratch, horizonMinutes: 5 })
    expect(labelsOf(firstExamples(driver))).toEqual(await expectedOf(15, 5))
    expect(told.signals).toContain(`${SIGNALS.batchesHeldBack} ${reason}`)
    expect(told.log.join('\n')).toContain(`warn ${LOG_EVENTS.joinerWaits}`)
    expect(told.log.join('\n')).not.toContain(LOG_EVENTS.joinerOverflowed)
  })

  it('tells loudly when a horizon holds more than there is room for, and how much is lost', async () => {
    const { driver, told } = await catchUp(16, { pendingPredictionsMax: 40 })
    const lost = told.signals.filter((line) => line === `${SIGNALS.recordsJoined} predictions overflowed`)
    expect(lost.length).toBeGreaterThan(50)
    expect(firstExamples(driver).size).toBe((300 - lost.length) * 4)
    const lines = told.log.filter((line) => line.startsWith(`error ${LOG_EVENTS.joinerOverflowed}`))
    const counted = lines.reduce((sum, line) => sum + Number(/"overflowed":(\d+)/.exec(line)![1]), 0)
    expect(counted).toBe(lost.length)
    expect(lines[0]).toContain('pendingPredictionsMax')
  })
})
