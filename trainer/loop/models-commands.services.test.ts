import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileFeatureSet } from '#feature-store'
import type { ModelManifest, ModelStage } from '#schemas'
import { silentLogger, silentSignals } from '#streams'
import { startFeedloop } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { promotionConfigSchema } from '../config.ts'
import { candidateOf, goldenVectors } from '../export/candidate.ts'
import { linearTrainedModel } from '../export/linear-model.ts'
import { provableModelOf } from '../export/provable-model.ts'
import { createModelWriter } from '../models/model-writer.ts'
import { openOwnFeed, type OwnFeed } from './testing/own-feed.ts'

interface Listed {
  modelId: string
  stage: string
  isLive: boolean
  pinned: boolean
  isFileKept: boolean
  reason: string
}

/** One feed that goes through an operator's day in order: each command costs seconds. */
describeServices('models promote, rollback and pin', (addresses) => {
  let feed: OwnFeed
  let before: string
  let live: string
  let gone: string

  beforeAll(async () => {
    feed = await openOwnFeed(addresses, 'models')
    before = await add('before', 'retired')
    live = await add('live', 'champion')
    gone = await add('gone', 'retired', { withdrawn: true })
  }, 60_000)
  afterAll(() => feed?.close())

  /** A model of this feed with a real file, as a trainer writes it. */
  async function add(learner: string, stage: ModelStage, { withdrawn = false } = {}): Promise<string> {
    const { clock } = feed.runtime
    const outputs = await feed.runtime.outputs(`add-${learner}`)
    const { artifactChunkBytes, goldenTolerance } = promotionConfigSchema.parse({})
    const parts = { outputs, artifactChunkBytes, clock, log: silentLogger, signals: silentSignals }
    const writer = createModelWriter(parts)
    const { id, names, width } = compileFeatureSet(feed.config.features)
    const model = { weights: Float64Array.from({ length: width }, () => learner.length / 10), bias: -2 }
    const candidate = candidateOf({
      model: provableModelOf(
        linearTrainedModel(model, learner, { examples: 9, rounds: 1, parameters: width }),
        goldenVectors([], width),
      ),
      learner,
      objective: 'click',
      featureSet: { id, names, width },
      sequence: learner.length,
      goldenTolerance,
      trainedOn: { fromMs: 0, toMs: 1 },
      createdAtMs: clock.nowMs(),
    })
    const manifest: ModelManifest = candidate.manifest
    await writer.writeFile(candidate)
    await writer.move(manifest, stage, { reason: 'for this test', occurredAtMs: 0 })
    if (withdrawn) await writer.withdrawFile(manifest)
    await outputs.close()
    return manifest.modelId
  }

  async function models(...argv: string[]) {
    const started = startFeedloop(['models', ...argv], addresses, {
      FEEDLOOP_PREFIX: feed.prefix,
      NODE_NO_WARNINGS: '1',
    })
    started.mayEnd()
    return started.ended
  }
  async function listed(): Promise<Map<string, Listed>> {
    const { stdout } = await models('list', '--json')
    return new Map((JSON.parse(stdout) as Listed[]).map((one) => [one.modelId, one]))
  }

  it('shows which is live, and whose file is kept', async () => {
    const found = await listed()
    expect(found.get(live)).toMatchObject({ isLive: true, pinned: false, isFileKept: true })
    expect(found.get(before)).toMatchObject({ isLive: false, isFileKept: true })
    expect(found.get(gone)).toMatchObject({ isLive: false, isFileKept: false })
    const { stdout } = await models('list')
    expect(stdout).toMatch(new RegExp(`^${live} +LIVE .* kept `, 'm'))
    expect(stdout).toMatch(new RegExp(`^${gone} +retired .* gone `, 'm'))
  })

  it('refuses what is unknown, has no file or is not better, and writes nothing', async () => {
    const wasRead = await listed()
    for (const [argv, told] of [
      [['promote', 'nobody'], /^feedloop: There is no model nobody: `feedloop models list` shows/],
      [
        ['pin', gone, '--force', '--reason', 'x'],
        /^feedloop: The file of \S+ is gone .*`feedloop models list`/,
      ],
      [['promote', before], /^feedloop: \S+ does not pass the gate\. .*`--force --reason TEXT` skips/],
    ] as const) {
      const { exitCode, stdout, stderr } = await models(...argv)
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
      expect(stderr).toMatch(told)
    }
    expect(await listed()).toEqual(wasRead)
  })

  it('rolls back by force, with the reason in the list, and one model is live', async () => {
    const { exitCode, stdout } = await models('rollback', '--force', '--reason', 'it ranks spam', '--json')
    const reason = 'By an operator (rollback, metrics skipped): it ranks spam'
    expect({ exitCode, told: JSON.parse(stdout) as unknown }).toEqual({
      exitCode: 0,
      told: { modelId: before, pinned: false, reason },
    })
    const found = await listed()
    expect(found.get(before)).toMatchObject({ isLive: true, reason })
    expect(found.get(live)).toMatchObject({ isLive: false, stage: 'retired' })
  })

  it('pins, and a promotion ends the pin', async () => {
    const { stdout } = await models('pin', before)
    expect(stdout).toMatch(new RegExp(`^${before} is live, and pinned\\. By an operator \\(pin\\): `))
    expect((await listed()).get(before)).toMatchObject({ isLive: true, pinned: true })
    expect((await models('promote', live, '--force', '--reason', 'audit done')).exitCode).toBe(0)
    const found = await listed()
    expect([...found.values()].filter(({ isLive }) => isLive).map(({ modelId }) => modelId)).toEqual([live])
    expect([...found.values()].some(({ pinned, isLive }) => pinned && isLive)).toBe(false)
  })
})
