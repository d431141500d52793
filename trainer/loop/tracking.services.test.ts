import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileFeatureSet } from '#feature-store'
import type { ModelStage } from '#schemas'
import { silentLogger, silentSignals } from '#streams'
import { startFeedloop } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { promotionConfigSchema } from '../config.ts'
import { candidateOf, goldenVectors } from '../export/candidate.ts'
import { linearTrainedModel } from '../export/linear-model.ts'
import { provableModelOf } from '../export/provable-model.ts'
import { createModelWriter } from '../models/model-writer.ts'
import { type FakeMlflow, startFakeMlflow } from '../tracking/testing/http-fake-mlflow.ts'
import { openOwnFeed, type OwnFeed } from './testing/own-feed.ts'

/** Whatever waits for an answer that never comes waits for longer than a test may take. */
const NEVER_MS = 3_600_000

describeServices('a trainer that tracks', (addresses) => {
  let feed: OwnFeed
  let fake: FakeMlflow
  let folder: string

  beforeAll(async () => {
    fake = await startFakeMlflow()
    folder = mkdtempSync(path.join(tmpdir(), 'feedloop-tracked-'))
    const password = { file: path.join(folder, 'password') }
    writeFileSync(password.file, String(fake.address.password), { mode: 0o600 })
    const tracking = { ...fake.address, password, runs: folder, pollSeconds: 0.2, requestMs: NEVER_MS }
    feed = await openOwnFeed(addresses, 'tracked', { trainer: { tracking } })
  })
  afterAll(async () => {
    await feed?.close()
    await fake.close()
    rmSync(folder, { recursive: true })
  })

  /** A model of this feed with a real file, as a trainer writes it. */
  async function add(sequence: number, stage: ModelStage): Promise<string> {
    const { clock } = feed.runtime
    const outputs = await feed.runtime.outputs(`add-${String(sequence)}`)
    const { artifactChunkBytes, goldenTolerance } = promotionConfigSchema.parse({})
    const parts = { outputs, artifactChunkBytes, clock, log: silentLogger, signals: silentSignals }
    const writer = createModelWriter(parts)
    const { id, names, width } = compileFeatureSet(feed.config.features)
    const model = { weights: Float64Array.from({ length: width }, () => sequence / 10), bias: -2 }
    const trained = linearTrainedModel(model, 'ftrl', { examples: 9, rounds: 1, parameters: width })
    const candidate = candidateOf({
      model: provableModelOf(trained, goldenVectors([], width)),
      learner: 'ftrl',
      objective: 'click',
      featureSet: { id, names, width },
      sequence,
      goldenTolerance,
      trainedOn: { fromMs: 0, toMs: 1 },
      createdAtMs: clock.nowMs(),
    })
    await writer.writeFile(candidate)
    await writer.move(candidate.manifest, stage, { reason: 'for this test', occurredAtMs: 0 })
    await outputs.close()
    return candidate.manifest.modelId
  }

  const model = () => fake.store.models.get(`${feed.prefix}-click`)
  const aliasModel = () => {
    const version = model()?.aliases.get('champion')
    return model()
      ?.versions.find((one) => one.version === version)
      ?.tags.get('feedloop.model_id')
  }
  const track = (...argv: string[]) => {
    const named = { FEEDLOOP_PREFIX: feed.prefix, MLFLOW_TRACKING_URI: fake.address.url }
    const login = {
      MLFLOW_TRACKING_USERNAME: 'admin',
      MLFLOW_TRACKING_PASSWORD: String(fake.address.password),
    }
    const started = startFeedloop(['track', ...argv, '--runs', folder], addresses, { ...named, ...login })
    started.mayEnd()
    return started.ended
  }

  it('has the alias where the loop is, moves back what the gate refuses, and stops though MLflow hangs', async () => {
    const old = await add(1, 'retired')
    const live = await add(2, 'champion')
    const trainer = feed.run('trainer')
    await feed.until('the alias', () => Promise.resolve(aliasModel() === live))
    expect(fake.store.runs.map(({ tags }) => tags.get('feedloop.model_id')).sort()).toEqual(
      [live, old].sort(),
    )
    const other = model()!.versions.find(({ tags }) => tags.get('feedloop.model_id') === old)!
    // Without examples nothing is proven.
    model()!.aliases.set('champion', other.version)
    await feed.until('the refusal', () => Promise.resolve(other.tags.has('feedloop.refused')))
    await feed.until('the alias', () => Promise.resolve(aliasModel() === live))
    expect(other.tags.get('feedloop.refused')).toMatch(/does not pass the gate/)

    fake.fault = (what) => (what === 'POST runs/create' ? 'hang' : undefined)
    const next = await add(3, 'champion')
    await feed.until('the run', () =>
      Promise.resolve(readdirSync(path.join(folder, 'outbox')).some((name) => name.includes(next))),
    )
    trainer.mayEnd()
    trainer.child.kill('SIGTERM')
    const { exitCode, stdout, stderr } = await trainer.ended
    expect(exitCode).toBe(0)
    expect(`${stdout}${stderr}`).toContain('tracking_alias_refused')
    expect(`${stdout}${stderr}`).not.toContain(String(fake.address.password))

    fake.fault = () => undefined
    const status = await track('status', '--json')
    expect(JSON.parse(status.stdout)).toMatchObject({
      server: expect.stringMatching(/^MLflow at .* answers\.$/) as string,
      folders: [{ runs: [] }, { runs: [{ state: 'waiting' }] }],
    })
    const sent = await track('send')
    expect({ exitCode: sent.exitCode, stdout: sent.stdout }).toEqual({
      exitCode: 0,
      stdout: `1 sent to ${fake.address.url}, 0 still waiting.\n`,
    })
    expect(fake.store.runs).toHaveLength(3)
    expect(readdirSync(path.join(folder, 'outbox'))).toEqual([])
  })
})
