import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileFeatureSet } from '#feature-store'
import { openParquet } from '#feature-store/files'
import { bytesOfVector, type Example, type ModelManifest, type ModelStage } from '#schemas'
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

/** As a trainer tells it of a model on trial. */
const STANDING = {
  ...{ normalizedEntropy: 0.91234, examples: 2_345 },
  ...{ logLossToChampion: -0.01234, logLossToChampionError: 0.00456 },
}

/** One feed that goes through an operator's day in order: each command costs seconds. */
describeServices('models promote, rollback and pin', (addresses) => {
  let feed: OwnFeed
  let before: string
  let live: string
  let gone: string
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'feedloop-models-'))
    feed = await openOwnFeed(addresses, 'models')
    before = await add('before', 'retired')
    live = await add('live', 'champion')
    gone = await add('gone', 'retired', { withdrawn: true, metrics: STANDING })
  })
  afterAll(async () => {
    await feed?.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** A model of this feed with a real file, as a trainer writes it. */
  async function add(
    learner: string,
    stage: ModelStage,
    { withdrawn = false, metrics = {} }: { withdrawn?: boolean; metrics?: Record<string, number> } = {},
  ): Promise<string> {
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
    const manifest: ModelManifest = { ...candidate.manifest, metrics }
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
    expect(stdout).toMatch(/^model .* entropy +log-loss to champion +file /m)
    expect(stdout).toMatch(new RegExp(`^${gone} .* 0\\.9123 +-0\\.0123 ± 0\\.0046 on 2,345 +gone `, 'm'))
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

  it('imports a file made elsewhere, which is promoted and exported like any other', async () => {
    const { names, width } = compileFeatureSet(feed.config.features)
    const [file, beside, out] = [
      path.join(folder, 'm.onnx'),
      path.join(folder, 'm.json'),
      path.join(folder, 'out'),
    ]
    const columns = names.slice(0, 3).toReversed()
    const linear = { weights: Float64Array.of(0.5, -1, 2), bias: -1 }
    await writeFile(
      file,
      linearTrainedModel(linear, 'elsewhere', { examples: 9, rounds: 1, parameters: 4 }).onnx,
    )
    await writeFile(beside, JSON.stringify({ name: 'spark', columns, label: 'click' }))
    const wrong = await models('import', file)
    expect(wrong).toMatchObject({ exitCode: 1, stdout: '' })
    expect(wrong.stderr).toMatch(/^feedloop: The model cannot serve this feed: the file takes vectors\[N,3\]/)
    const imported = await models('import', file, '--manifest', beside, '--reason', 'nightly', '--json')
    expect(imported.exitCode).toBe(0)
    const { modelId } = JSON.parse(imported.stdout) as { modelId: string }
    expect((await listed()).get(modelId)).toMatchObject({ stage: 'candidate', isFileKept: true })
    expect((await models('promote', modelId, '--force', '--reason', 'test')).exitCode).toBe(0)
    expect((await listed()).get(modelId)).toMatchObject({ isLive: true })
    expect((await models('export', modelId, '--out', out)).stdout).toContain(path.join(out, 'golden.json'))
    const golden = JSON.parse(await readFile(path.join(out, 'golden.json'), 'utf8')) as {
      columns: string[]
      rows: { vector: number[]; score: number }[]
    }
    expect(golden.columns).toEqual(names)
    for (const { vector, score } of golden.rows) {
      expect(vector).toHaveLength(width)
      // The file's columns are the first three of the feed, backwards.
      const logit = 0.5 * vector[2]! - vector[1]! + 2 * vector[0]! - 1
      expect(score).toBeCloseTo(1 / (1 + Math.exp(-logit)), 5)
    }
    const table = await openParquet(path.join(out, 'golden.parquet'))
    expect(table.columns.map(({ name }) => name)).toEqual([...names, 'golden_score'])
    const [first] = golden.rows
    for await (const { row } of table.rows()) {
      expect(Number(row['golden_score'])).toBe(first!.score)
      expect(Number(row[names[0]!])).toBe(first!.vector[0])
      break
    }
    const again = await models(
      'import',
      path.join(out, 'model.onnx'),
      '--manifest',
      path.join(out, 'manifest.json'),
    )
    expect(again.stderr).toMatch(new RegExp(`^feedloop: This file is there already, as ${modelId}: `))
    expect((await models('export', modelId, '--out', out)).stderr).toMatch(
      /is there already: name another folder/,
    )
  })

  it('compares two models on the same newest examples', async () => {
    const none = await models('compare', before, live)
    expect(none.stderr).toMatch(/^feedloop: No example of these features carries the label click yet/)
    const { id, width } = compileFeatureSet(feed.config.features)
    const outputs = await feed.runtime.outputs('add-examples')
    for (let at = 0; at < 40; at++) {
      const value: Example = {
        ...{ exampleId: `e${String(at)}`, predictionId: 'p', requestId: 'r', userId: 'u', itemId: 'i' },
        ...{ modelId: '', featureSetId: id, fallbackReason: null, occurredAtMs: at, maturedAtMs: at },
        ...{ rank: 0, propensity: 1, score: null, toldBy: [], labelsOut: [], position: null },
        vector: bytesOfVector(new Float32Array(width).fill(at % 4 === 0 ? 0.02 : -0.02)),
        flags: Buffer.alloc(width),
        labels: [{ name: 'click', value: at % 4 === 0 ? 1 : 0 }],
      }
      outputs.add('examples', { key: 'u', value })
    }
    await outputs.flush()
    await outputs.close()
    const { stdout } = await models('compare', before, live, '--examples', '30', '--json')
    const told = JSON.parse(stdout) as { models: { modelId: string; examples: number; auc: number }[] }
    expect(told.models).toMatchObject([
      { modelId: before, examples: 30, auc: 1 },
      { modelId: live, examples: 30, auc: 1 },
    ])
    expect((await models('compare', before, live)).stdout).toMatch(
      /^model +log-loss .*\n(.*\n)+The log-loss of /,
    )
  })
})
