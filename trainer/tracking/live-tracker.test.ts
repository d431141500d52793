import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeMlflow, startFakeMlflow } from './testing/http-fake-mlflow.ts'
import { championOf } from '../testing/linear-models.ts'
import { openLiveLoop, type TrackingBounds } from './testing/live-loop.ts'

const NAME = 'feed-click'

let fake: FakeMlflow
let folder: string

beforeEach(async () => {
  fake = await startFakeMlflow()
  folder = mkdtempSync(path.join(tmpdir(), 'feedloop-live-runs-'))
})
afterEach(async () => {
  await fake.close()
  rmSync(folder, { recursive: true })
})

const openLoop = (tracking: TrackingBounds = {}) => openLiveLoop({ fake, folder }, tracking)

/** Of models that were judged. */
const runsIn = () =>
  fake.store.runs.filter(({ isDeleted, tags }) => !isDeleted && tags.get('feedloop.verdict') !== 'on trial')
const tagsIn = (key: string) => runsIn().map(({ tags }) => tags.get(key))
const aliasModel = () => {
  const { aliases, versions } = fake.store.models.get(NAME)!
  return versions.find(({ version }) => version === aliases.get('champion'))?.tags.get('feedloop.model_id')
}
const versionOf = (modelId: string) =>
  fake.store.models.get(NAME)!.versions.find(({ tags }) => tags.get('feedloop.model_id') === modelId)!
const moveAlias = (version: string) => fake.store.models.get(NAME)!.aliases.set('champion', version)

describe('the live trainer', () => {
  it('is told to MLflow, model by model, with the alias on what serves; the gate answers to a moved alias', async () => {
    const { driver, start, play, turn, told, stages } = await openLoop()
    const trainer = await start()
    await play(800)
    await turn()
    const judged = [...stages()].filter(([, moves]) => moves.length > 1)
    expect(tagsIn('feedloop.model_id').sort()).toEqual(judged.map(([modelId]) => modelId).sort())
    for (const { tags, params, metrics, status } of runsIn()) {
      const moves = stages().get(tags.get('feedloop.model_id')!)!
      expect(tags.get('feedloop.verdict')).toBe(moves.includes('champion') ? 'promoted' : 'rejected')
      expect(tags.get('feedloop.reason')).toMatch(/\w/)
      expect([params.get('learner'), params.get('learner.use'), status]).toEqual([
        'logistic',
        'logistic',
        'FINISHED',
      ])
      expect(params.get('window_from')).toMatch(/^2023-/)
      expect(metrics.map(({ key }) => key)).toContain('normalizedEntropy')
    }
    const served = judged.filter(([, moves]) => moves.includes('champion')).map(([modelId]) => modelId)
    expect(served.length).toBeGreaterThan(1)
    for (const modelId of served) expect(versionOf(modelId)).toBeDefined()
    // What each said of the examples that it was judged on is drawn.
    for (const { id } of runsIn())
      for (const image of ['roc', 'precision-recall', 'reliability'])
        expect([...fake.store.artifacts.keys()]).toContainEqual(
          expect.stringMatching(`/${id}/artifacts/curves/${image}.svg$`),
        )
    expect(aliasModel()).toBe(championOf(driver)!.modelId)
    expect(readdirSync(path.join(folder, 'outbox'))).toEqual([])

    // The first model is worse: the gate says no, the alias comes back, and the version says why.
    const live = championOf(driver)!.modelId
    moveAlias(versionOf(served[0]!).version)
    await turn()
    expect(championOf(driver)!.modelId).toBe(live)
    expect(aliasModel()).toBe(live)
    expect(versionOf(served[0]!).tags.get('feedloop.refused')).toMatch(
      /does not pass the gate\. Saves too little/,
    )
    expect(told('tracking_alias_refused')).toHaveLength(1)

    // It is made live by force, and the alias follows; then the better one is asked for in MLflow, and passes.
    const forced = driver.records('models').findLast(({ value }) => value?.modelId === served[0])!.value!
    driver.produce('models', forced.modelId, {
      ...forced,
      stage: 'champion',
      reason: 'by force',
      movedAtMs: forced.movedAtMs + 1,
    })
    await driver.settle()
    await turn()
    expect(aliasModel()).toBe(served[0])
    moveAlias(versionOf(live).version)
    await turn()
    await driver.settle()
    expect(championOf(driver)!.modelId).toBe(live)
    await turn()
    await turn()
    expect(aliasModel()).toBe(live)
    expect(driver.records('models').findLast(({ value }) => value?.modelId === live)!.value!.reason).toMatch(
      /^By an operator \(promote\): The alias champion was moved to version \d+ in MLflow\./,
    )
    // A version that feedloop did not make cannot serve.
    const model = fake.store.models.get(NAME)!
    model.versions.push({ version: '99', runId: '', source: '', tags: new Map() })
    moveAlias('99')
    await turn()
    expect(aliasModel()).toBe(live)
    expect(model.versions.at(-1)!.tags.get('feedloop.refused')).toMatch(/feedloop did not make it/)
    await trainer.stop()
  })

  it('brings a model from MLflow that it does not have, and takes it back when the gate is closed', async () => {
    const { driver, start, play, turn, stages } = await openLoop()
    const trainer = await start()
    await play(500)
    await turn()
    const { versions } = fake.store.models.get(NAME)!
    const live = championOf(driver)!.modelId
    const [known] = versions.filter(({ tags }) => tags.get('feedloop.model_id') === live)
    // As somebody trained and sent it: the live model under another name, which saves nothing.
    const source = known!.source.replace('mlflow-artifacts:/', '')
    const theirs = 'mlflow-artifacts:/9/theirs/artifacts/model'
    const manifest = JSON.parse(
      String(fake.store.artifacts.get(`${source}/feedloop-manifest.json`)),
    ) as object
    const put = (name: string, bytes: Buffer) =>
      fake.store.artifacts.set(`9/theirs/artifacts/model/${name}`, bytes)
    put('model.onnx', fake.store.artifacts.get(`${source}/model.onnx`)!)
    put('feedloop-manifest.json', Buffer.from(JSON.stringify({ ...manifest, modelId: 'theirs' })))
    const tags = new Map([['feedloop.model_id', 'theirs']])
    versions.push({ version: '50', runId: 'theirs', source: theirs, tags })
    moveAlias('50')
    await turn()
    await driver.settle()
    expect(stages().get('theirs')).toEqual(['candidate'])
    await turn()
    await driver.settle()
    expect(stages().get('theirs')).toEqual(['candidate', 'rejected'])
    expect(tags.get('feedloop.refused')).toMatch(/theirs does not pass the gate/)
    expect(aliasModel()).toBe(live)

    // The live model is withdrawn: now theirs is the first one, and good enough.
    const move = driver.records('models').findLast(({ value }) => value?.modelId === live)!.value!
    driver.produce('models', live, { ...move, stage: 'rejected', movedAtMs: move.movedAtMs + 1 })
    for (const [modelId, moves] of stages())
      if (moves.at(-1) === 'champion' && modelId !== live)
        driver.produce('models', modelId, {
          ...move,
          modelId,
          stage: 'rejected',
          movedAtMs: move.movedAtMs + 1,
        })
    await driver.settle()
    moveAlias('50')
    for (const _ of [1, 2, 3]) {
      await turn()
      await driver.settle()
    }
    expect(stages().get('theirs')!.at(-1)).toBe('champion')
    expect(aliasModel()).toBe('theirs')
    await turn()
    expect(versions.filter((version) => version.tags.get('feedloop.model_id') === 'theirs')).toHaveLength(1)

    // A version whose files are not there cannot serve.
    versions.push({
      version: '51',
      runId: 'x',
      source: theirs,
      tags: new Map([['feedloop.model_id', 'other']]),
    })
    versions.push({
      version: '52',
      runId: 'x',
      source: 's3://a/b',
      tags: new Map([['feedloop.model_id', 'far']]),
    })
    for (const [version, why] of [
      ['51', /is tagged other, and its manifest is of theirs/],
      ['52', /keeps artifacts .* s3:/],
    ] as const) {
      moveAlias(version)
      await turn()
      expect(versions.find((one) => one.version === version)!.tags.get('feedloop.refused')).toMatch(why)
    }
    expect(aliasModel()).toBe('theirs')
    await trainer.stop()
  })

  it('goes on without a server, and tells everything once it is back, in another process too', async () => {
    const { driver, start, play, turn, told, stages } = await openLoop({ waitingRunsMax: 2 })
    fake.fault = () => ({ status: 503, body: 'down' })
    const first = await start()
    await play(800)
    const waits = [await turn(), await turn(), await turn()]
    expect(waits).toEqual([1_000, 2_000, 4_000])
    expect(told('tracking_refused')).toEqual([
      { reason: expect.stringMatching(/fails \(503 for \/version\): down/) as string },
    ])
    const judged = () => [...stages()].filter(([, moves]) => moves.length > 1)
    expect(judged().length).toBeGreaterThan(2)
    // Bounded: the oldest were given up, and that was said.
    expect(readdirSync(path.join(folder, 'outbox'))).toHaveLength(2)
    expect(told('tracking_run_given_up')).toHaveLength(judged().length - 2)
    await first.stop()

    fake.fault = () => undefined
    const second = await start()
    // A batch lets the learner begin, which is when it leads.
    await play(20)
    for (const _ of [1, 2]) await turn()
    // What was given up is still in the log of models: nothing is missing.
    expect(tagsIn('feedloop.model_id').sort()).toEqual(
      judged()
        .map(([modelId]) => modelId)
        .sort(),
    )
    expect(aliasModel()).toBe(championOf(driver)!.modelId)
    await second.stop()
  })
})
