import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ModelMove, parseManifest } from '#schemas'
import { hasPython } from '#schemas/testing'
import { simulatorConfigSchema, startSimulator, usualStartMs } from '#streams'
import { openTestStack, type TestStack } from '#streams/testing'
import { external } from '../learners/choice.ts'
import { openPythonPeer, type PythonPeer } from '../testing/process-python-peer.ts'
import { openOwnFeed, type OwnFeed } from './testing/own-feed.ts'

const isThere = await hasPython()
/** Half as fast again as the demo. */
const CLOCK_SPEED = 90
const ANSWERS = 50
/** Few, so that a machine at its limit keeps up with them. */
const PEOPLE = simulatorConfigSchema.parse({
  ...{ usersMax: 40, liveItemsMax: 40, historyMinutes: 20, requestsPerMinute: 20 },
})

describe.skipIf(!isThere)(
  `programs in the running loop of the demo${isThere ? '' : ' (skipped: no python3)'}`,
  () => {
    let python: PythonPeer
    let folder: string
    let stack: TestStack
    beforeAll(async () => {
      python = await openPythonPeer()
      folder = await mkdtemp(path.join(tmpdir(), 'feedloop-programs-loop-'))
      stack = await openTestStack(new AbortController().signal, () => undefined)
    })
    afterAll(async () => {
      await stack?.close()
      await rm(folder, { recursive: true, force: true })
    })

    it.each([
      ['xgboost', 'n_estimators=60'],
      ['lightgbm', 'n_estimators=60'],
      ['sklearn', '0'],
    ])('%s trains the champion that answers requests', async (name, argument) => {
      const program = path.join(import.meta.dirname, '..', 'learners', 'external', `train_${name}.py`)
      const feed = await openOwnFeed(stack.addresses, `programs-${name}`, {
        kafka: { partitions: 2 },
        trainer: {
          labels: { click: { positive: ['click'], shown: ['view'], horizonMinutes: 2 } },
          learners: [external({ name, command: [python.command, program, argument], workFolder: folder })],
          retrain: { niceness: 0 },
          promotion: {
            ...{ firstCandidateExamples: 2_000, candidateEveryExamples: 4_000 },
            ...{ freshExamplesMin: 800, freshPositivesMin: 10 },
          },
        },
      })
      try {
        const { champion, answered } = await championOf(feed)
        expect(champion.learner).toBe(name)
        const { golden, metrics } = parseManifest(champion.manifest)
        expect(golden.rows).toBeGreaterThan(32)
        expect(metrics['normalizedEntropy']).toBeLessThan(1)
        expect(answered).toBeGreaterThanOrEqual(ANSWERS)
      } finally {
        await feed.close()
      }
    })
  },
)

/** Plays the feed of the demo until the first champion has answered some requests. */
async function championOf(feed: OwnFeed): Promise<{ champion: ModelMove; answered: number }> {
  const services = (['features', 'scorer', 'trainer'] as const).map((service) => feed.run(service))
  await Promise.all(services.map((service) => service.wrote('partitions_assigned')))
  let champion: ModelMove | undefined
  let answered = 0
  const { runtime } = feed
  const followers = [
    await runtime.follow({
      ...{ name: 'watch-moves', topic: 'models', startFrom: 'earliest' },
      record({ value }) {
        if (value?.stage === 'champion') champion ??= value
      },
    }),
    await runtime.follow({
      ...{ name: 'watch-answers', topic: 'predictions', startFrom: 'earliest' },
      record({ value }) {
        if (value !== null && value.modelId === champion?.modelId) answered += 1
      },
    }),
  ]
  const simulator = await startSimulator(runtime, {
    ...{ seed: '1', speed: CLOCK_SPEED, startMs: usualStartMs(runtime.clock.nowMs()) },
    // People wait: what was not shown as ranked teaches nobody.
    answerWithinMs: 60_000,
    config: PEOPLE,
    beforeRequests: () => feed.caughtUp('features-item', 'itemInteractions'),
  })
  try {
    await feed.until('a champion to answer', () => Promise.resolve(answered >= ANSWERS))
  } finally {
    await simulator.stop()
    for (const follower of followers) await follower.stop()
  }
  return { champion: champion!, answered }
}
