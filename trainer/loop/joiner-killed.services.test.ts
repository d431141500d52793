import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { Example, Interaction } from '#schemas'
import type { FeedloopProcess } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { samplePrediction } from '../testing/sample-predictions.ts'
import { metricSum } from './testing/metric-sum.ts'
import { openOwnFeed, type OwnFeed } from './testing/own-feed.ts'

/** All of them wait at once, most on disk, when the trainer is killed. */
const PREDICTIONS = 8_000
const EVERY_MS = 100
const FEATURES = 30
const MINUTE_MS = 60_000
const HORIZON_MINUTES = 30
const MIB = 1_024 * 1_024

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const requestIdOf = (number: number) => `request-${String(number)}`
const isClicked = (number: number) => number % 3 === 0
const userOf = (number: number) => `user-${String(number % 500)}`

async function produceAll(feed: OwnFeed, startMs: number): Promise<void> {
  const outputs = await feed.runtime.outputs('traffic')
  const vector = Array.from({ length: FEATURES }, (_, at) => at)
  for (let number = 0; number < PREDICTIONS; number++) {
    const occurredAtMs = startMs + number * EVERY_MS
    const [requestId, userId] = [requestIdOf(number), userOf(number)]
    const items = ['a', 'b', 'c'].map((itemId) => ({ itemId, vector }))
    outputs.add('predictions', {
      key: userId,
      value: samplePrediction({ requestId, userId, occurredAtMs, items }),
    })
    for (const type of isClicked(number) ? ['view', 'click'] : ['view'])
      outputs.add('interactions', { key: userId, value: told(number, type, occurredAtMs + 50) })
    if (number % 2_000 === 0) await outputs.flush()
  }
  await outputs.flush()
  await outputs.close()
}

function told(number: number, type: string, occurredAtMs: number): Interaction {
  const [userId, requestId] = [userOf(number), requestIdOf(number)]
  const interactionId = `${requestId}.${type}`
  return { interactionId, userId, itemId: 'b', type, occurredAtMs, requestId, position: 1, value: null }
}

/** Somebody looks at something in every partition when the horizon of all of them is over. */
async function passTime(feed: OwnFeed, startMs: number): Promise<void> {
  const outputs = await feed.runtime.outputs('later')
  const occurredAtMs = startMs + PREDICTIONS * EVERY_MS + (HORIZON_MINUTES + 5) * MINUTE_MS
  for (let partition = 0; partition < feed.runtime.partitionCount('interactions'); partition++) {
    const number = Array.from({ length: 500 }, (_, at) => at).find(
      (at) => feed.runtime.partitionOf('interactions', userOf(at)) === partition,
    )!
    outputs.add('interactions', {
      key: userOf(number),
      value: {
        ...told(number, 'view', occurredAtMs),
        interactionId: `later.${String(partition)}`,
        requestId: null,
      },
    })
  }
  await outputs.flush()
  await outputs.close()
}

describeServices('a trainer that is killed with a window full of predictions', (addresses) => {
  it('is back with all of them, loses no label, and leaves nothing on disk', async () => {
    const scratchFolder = await mkdtemp(path.join(tmpdir(), 'feedloop-joiner-'))
    cleanups.push(() => rm(scratchFolder, { recursive: true }))
    const click = { positive: ['click'], shown: ['view'], horizonMinutes: HORIZON_MINUTES }
    const limits = { pendingBytesMax: 4 * MIB, graceMinutes: 0.5 }
    const feed = await openOwnFeed(addresses, 'joiner-killed', {
      trainer: { labels: { click }, shownWithinMinutes: 5, scratchFolder, limits },
    })
    cleanups.push(() => feed.close())
    const startMs = Date.now() - 90 * MINUTE_MS
    await produceAll(feed, startMs)

    const start = () => feed.run('trainer', '--metrics-port', '0')
    const holds = (trainer: FeedloopProcess, count: number) =>
      feed.until(
        `${String(count)} predictions to wait`,
        async () => (await metricSum(trainer, 'feedloop_joiner_predictions_pending')) >= count,
      )
    const kill = async (trainer: FeedloopProcess) => {
      trainer.mayEnd()
      await trainer.kill()
      expect(await readdir(scratchFolder)).toEqual([])
    }

    const first = start()
    await holds(first, PREDICTIONS / 3)
    await kill(first)
    const second = start()
    await holds(second, PREDICTIONS)
    expect(await metricSum(second, 'feedloop_joiner_predictions_pending')).toBe(PREDICTIONS)
    expect(await metricSum(second, 'feedloop_joiner_pending_disk_bytes')).toBeGreaterThan(MIB)
    expect(await metricSum(second, 'feedloop_joiner_pending_memory_bytes')).toBeLessThan(5 * MIB)
    await kill(second)
    await passTime(feed, startMs)
    const third = start()
    await feed.until('the first examples', async () => (await feed.recordCount('examples')) > 0, 5)
    await kill(third)
    start()

    const examples = new Map<string, Example>()
    const follower = await feed.runtime.follow({
      name: 'judge',
      topic: 'examples',
      startFrom: 'earliest',
      record: ({ value }) => void (examples.has(value!.exampleId) || examples.set(value!.exampleId, value!)),
    })
    cleanups.push(() => follower.stop())
    await feed.until('all examples', async () => Promise.resolve(examples.size >= PREDICTIONS))
    expect(examples.size).toBe(PREDICTIONS)
    for (let number = 0; number < PREDICTIONS; number++) {
      const { labels, vector } = examples.get(`p:${requestIdOf(number)}/b`)!
      const found = [number, labels[0]!.value, vector.length]
      const expected = [number, Number(isClicked(number)), 4 * FEATURES]
      if (found.join() !== expected.join()) expect(found).toEqual(expected)
    }
  })
})
