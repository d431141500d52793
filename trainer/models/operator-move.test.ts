import { describe, expect, it } from 'vitest'
import { bytesOfVector, type Example, type ModelStage } from '#schemas'
import { silentLogger, silentSignals } from '#streams'
import { createTopologyTestDriver } from '#streams/testing'
import { promotionConfigSchema } from '../config.ts'
import { artifactsOf, candidateOf, goldenVectors } from '../export/candidate.ts'
import { linearTrainedModel } from '../export/linear-model.ts'
import { provableModelOf } from '../export/provable-model.ts'
import { drawRows, TRUTH } from '../testing/learner-conformance.ts'
import { openLinearModel } from '../testing/linear-models.ts'
import { createModelDesk } from './model-desk.ts'
import { createModelLog } from './model-log.ts'
import { createModelWriter } from './model-writer.ts'
import { moveByOperator, type OperatorMoveParts, type OperatorWish } from './operator-move.ts'

const width = TRUTH.length
const featureSet = { id: 'fs', names: ['a', 'b', 'c', 'd'], width }
const GOOD = TRUTH
const BAD = TRUTH.map((weight) => -weight)

const examples = (count = 2_000): Example[] =>
  drawRows(4, count).map(({ vector, label }, at) => ({
    ...{ exampleId: `e${String(at)}`, predictionId: 'p', requestId: 'r', userId: 'u', itemId: 'i' },
    ...{ modelId: '', featureSetId: 'fs', fallbackReason: null, occurredAtMs: at, maturedAtMs: at },
    ...{ rank: 0, propensity: 1, score: null, toldBy: [], labelsOut: [], position: null },
    vector: bytesOfVector(Float32Array.from(vector)),
    flags: Buffer.alloc(width),
    labels: [{ name: 'click', value: label }],
  }))

async function setUp() {
  const driver = await createTopologyTestDriver({ seed: 1, startMs: 0 })
  const modelLog = createModelLog()
  const promotion = promotionConfigSchema.parse({})
  const outputs = await driver.outputs('operator')
  const common = { clock: driver.clock, log: silentLogger, signals: silentSignals }
  const writer = createModelWriter({ outputs, artifactChunkBytes: 10_000, ...common })
  const parts = { modelLog, openModel: openLinearModel, featureSetId: 'fs', objective: 'click' }
  let read = 0
  let sequence = 0

  /** As the follower of the models topic does. */
  function follow(): void {
    const records = driver.records('models')
    for (const { key, value } of records.slice(read)) modelLog.noteMove({ key, value })
    read = records.length
  }
  return {
    modelLog,
    follow,
    desk: createModelDesk({ ...parts, outputs, config: promotion, ...common }),
    async add(learner: string, stage: ModelStage, weights = GOOD, { id = 'fs', file = true } = {}) {
      const model = { weights: Float64Array.from(weights), bias: -2 }
      const trained = linearTrainedModel(model, learner, { examples: 9, rounds: 1, parameters: 5 })
      const candidate = candidateOf({
        model: provableModelOf(trained, goldenVectors([], width)),
        learner,
        objective: 'click',
        featureSet: { ...featureSet, id },
        sequence: ++sequence,
        goldenTolerance: 1e-5,
        trainedOn: { fromMs: 0, toMs: 1 },
        createdAtMs: 0,
      })
      await writer.move(candidate.manifest, stage, { reason: '', occurredAtMs: 0 })
      follow()
      const { modelId } = candidate.manifest
      for (const artifact of file ? artifactsOf(candidate, 10_000) : [])
        modelLog.noteArtifact({
          key: Buffer.from(`${modelId}/${String(artifact.index)}`),
          value: artifact,
          brokerTimeMs: 0,
        })
      return modelId
    },
    async wish(
      wish: Partial<OperatorWish> & Pick<OperatorWish, 'action'>,
      changed: Partial<OperatorMoveParts> = {},
    ) {
      const whole = { force: false, reason: '', ...wish }
      const usual = { ...parts, writer, promotion, newestExamples: () => Promise.resolve(examples()) }
      const { reason } = await moveByOperator(whole, { ...usual, ...changed })
      follow()
      return reason
    },
    champions: () =>
      modelLog
        .moves()
        .filter(({ stage }) => stage === 'champion')
        .map(({ modelId }) => modelId),
  }
}

describe('an operator', () => {
  it('promotes what is better than the live model, and one champion is left', async () => {
    const { add, wish, champions } = await setUp()
    await add('old', 'champion', BAD)
    await add('older', 'champion', BAD)
    const modelId = await add('new', 'retired')
    expect(await wish({ action: 'promote', modelId })).toMatch(/^By an operator \(promote\): Saves \d/)
    expect(champions()).toEqual([modelId])
  })

  it('is refused what is worse, and may force it with a reason', async () => {
    const { add, wish, champions } = await setUp()
    const live = await add('live', 'champion')
    const modelId = await add('worse', 'retired', BAD)
    await expect(wish({ action: 'promote', modelId })).rejects.toMatchObject({ code: 'model_not_better' })
    expect(champions()).toEqual([live])
    const reason = await wish({ action: 'rollback', force: true, reason: 'the new one ranks spam' })
    expect(reason).toBe('By an operator (rollback, metrics skipped): the new one ranks spam')
    expect(champions()).toEqual([modelId])
  })

  it('is refused a model whose file is gone, forced or not, and nothing is written', async () => {
    const { add, wish, champions } = await setUp()
    const live = await add('live', 'champion')
    const modelId = await add('gone', 'retired', GOOD, { file: false })
    for (const force of [false, true])
      await expect(wish({ action: 'promote', modelId, force, reason: 'x' })).rejects.toMatchObject({
        code: 'model_file_gone',
      })
    await expect(wish({ action: 'rollback' })).rejects.toMatchObject({ code: 'model_none_before' })
    expect(champions()).toEqual([live])
  })

  it('is refused a model that fails its golden proof, forced or not, and nothing is written', async () => {
    const { add, wish, champions, modelLog } = await setUp()
    const live = await add('live', 'champion', BAD)
    const [modelId, impostor] = [await add('tampered', 'retired'), await add('impostor', 'retired', BAD)]
    // The file of another model under its name: whole and loadable, and it scores otherwise than was promised.
    const bytes = Buffer.from(modelLog.file(impostor)!)
    const artifact = { modelId, index: 0, count: 1, sha256: 'other', bytes }
    modelLog.noteArtifact({ key: Buffer.from(`${modelId}/0`), value: artifact, brokerTimeMs: 0 })
    for (const action of ['promote', 'pin'] as const)
      for (const force of [false, true])
        await expect(wish({ action, modelId, force, reason: 'x' })).rejects.toMatchObject({
          code: 'model_refused',
        })
    expect(champions()).toEqual([live])
  })

  it('may not skip the metrics for want of examples, but may force it', async () => {
    const { add, wish, champions } = await setUp()
    const live = await add('live', 'champion', BAD)
    const modelId = await add('new', 'retired')
    const none = { newestExamples: () => Promise.resolve([]) }
    await expect(wish({ action: 'promote', modelId }, none)).rejects.toMatchObject({
      code: 'model_not_better',
      message: expect.stringContaining('--force --reason TEXT') as string,
    })
    expect(champions()).toEqual([live])
    await wish({ action: 'promote', modelId, force: true, reason: 'no traffic' }, none)
    expect(champions()).toEqual([modelId])
  })

  it('is not judged on rows of an outage', async () => {
    const { add, wish } = await setUp()
    await add('live', 'champion', BAD)
    const modelId = await add('new', 'retired')
    const out = examples().map((example) => ({ ...example, labelsOut: ['click'] }))
    const during = { newestExamples: () => Promise.resolve(out) }
    await expect(wish({ action: 'promote', modelId }, during)).rejects.toMatchObject({
      code: 'model_not_better',
    })
  })

  it('rolls back step by step, and only to what has its file', async () => {
    const { add, wish, champions } = await setUp()
    const [first] = [await add('first', 'retired')]
    await add('second', 'retired', GOOD, { file: false })
    const third = await add('third', 'champion', BAD)
    await wish({ action: 'rollback', force: true, reason: 'x' })
    expect(champions()).toEqual([first])
    await wish({ action: 'rollback', force: true, reason: 'and back' })
    expect(champions()).toEqual([third])
  })

  it('is refused a model of a new feature set until its states are built, forced or not', async () => {
    const { add, wish, champions } = await setUp()
    const live = await add('live', 'champion', GOOD, { id: 'fs-old' })
    const modelId = await add('new', 'retired')
    const lacks = 'its states made from items are not all built, 7 records are left.'
    const building = { unbuilt: () => Promise.resolve(lacks) }
    for (const force of [false, true])
      await expect(wish({ action: 'promote', modelId, force, reason: 'x' }, building)).rejects.toMatchObject({
        code: 'model_set_not_built',
        message: expect.stringContaining(`${lacks} ${live}, of fs-old, goes on serving.`) as string,
      })
    expect(champions()).toEqual([live])
    await wish({ action: 'promote', modelId, force: true, reason: 'x' }, { unbuilt: async () => undefined })
    expect(champions()).toEqual([modelId])
  })

  it('is refused what was made for other features, or is not there', async () => {
    const { add, wish } = await setUp()
    const modelId = await add('other', 'retired', GOOD, { id: 'fs-2' })
    await expect(wish({ action: 'pin', modelId })).rejects.toMatchObject({ code: 'model_unfit' })
    await expect(wish({ action: 'pin', modelId: 'nobody' })).rejects.toMatchObject({ code: 'model_unknown' })
  })

  it('pins the live model until it is promoted again', async () => {
    const { add, wish, desk } = await setUp()
    const modelId = await add('live', 'champion')
    await wish({ action: 'pin', modelId, reason: 'audit' })
    expect(desk.pinned()).toBe(modelId)
    await wish({ action: 'promote', modelId })
    expect(desk.pinned()).toBeUndefined()
  })

  it('is followed by the trainer that runs, which keeps the file of what serves', async () => {
    const { add, wish, desk } = await setUp()
    const modelId = await add('before', 'retired')
    const live = await add('live', 'champion', BAD)
    await desk.takeOver({ occurredAtMs: 0 })
    await desk.followOperator()
    expect(desk.champion()?.manifest.modelId).toBe(live)
    await wish({ action: 'rollback' })
    await desk.followOperator()
    expect(desk.champion()?.manifest.modelId).toBe(modelId)
    expect(desk.replaced()?.manifest.modelId).toBe(live)
    await desk.close()
  })
})
