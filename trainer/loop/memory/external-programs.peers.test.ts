import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseManifest } from '#schemas'
import { hasPython } from '#schemas/testing'
import { createOnnxModels } from '#scorer/model'
import { simulatorConfigSchema } from '#streams'
import { external } from '../../learners/choice.ts'
import { openPythonPeer, type PythonPeer } from '../../testing/process-python-peer.ts'
import { feedSchema } from '../feed.ts'
import { playMemoryLoop } from './memory-loop.ts'

const isThere = await hasPython()
const TICKS = 130
const people = simulatorConfigSchema.parse({
  ...{ usersMax: 40, liveItemsMax: 40, historyMinutes: 20, requestsPerMinute: 20 },
})

describe.skipIf(!isThere)(`programs in the running loop${isThere ? '' : ' (skipped: no python3)'}`, () => {
  let python: PythonPeer
  let folder: string
  const models = createOnnxModels({})
  beforeAll(async () => {
    python = await openPythonPeer()
    folder = await mkdtemp(path.join(tmpdir(), 'feedloop-programs-loop-'))
  })
  afterAll(async () => {
    await models.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it.each([
    ['xgboost', 'n_estimators=60'],
    ['lightgbm', 'n_estimators=60'],
    ['sklearn', '0'],
  ])('%s trains the champion that answers requests', async (name, argument) => {
    const program = path.join(import.meta.dirname, '..', '..', 'learners', 'external', `train_${name}.py`)
    const feed = feedSchema.parse({
      trainer: {
        labels: { click: { positive: ['click'], shown: ['view'], horizonMinutes: 2 } },
        learners: [external({ name, command: [python.command, program, argument], workFolder: folder })],
        promotion: {
          ...{ firstCandidateExamples: 2_000, candidateEveryExamples: 100_000 },
          ...{ freshExamplesMin: 800, freshPositivesMin: 10 },
        },
      },
    })
    const { runtime, counts } = await playMemoryLoop({
      ...{ seed: 3, feed, people, startMs: 1_700_000_000_000, ticks: TICKS, openModel: models.openModel },
      attend: () => ({
        /** The feed of this test has a simulated clock, the program has not: it is waited for. */
        async atTick() {
          while ((await readdir(folder)).length > 0) await sleep(20)
          return null
        },
        over: () => Promise.resolve(),
        epilogue: () => [],
      }),
    })
    const moves = runtime.records('models').map(({ value }) => value!)
    const champion = moves.find(({ stage }) => stage === 'champion')
    expect(champion, moves.map(({ stage, reason }) => `${stage}: ${reason}`).join('\n')).toMatchObject({
      learner: name,
    })
    const { golden, metrics } = parseManifest(champion!.manifest)
    expect(golden.rows).toBeGreaterThan(32)
    expect(metrics['normalizedEntropy']).toBeLessThan(1)
    const answered = runtime.records('predictions').map(({ value }) => value!.modelId)
    expect(answered.length).toBe(counts.requests)
    expect(answered.filter((modelId) => modelId === champion!.modelId).length).toBeGreaterThan(100)
  })
})
