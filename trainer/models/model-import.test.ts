import { describe, expect, it } from 'vitest'
import { parseManifest } from '#schemas'
import { silentLogger, silentSignals } from '#streams'
import { createTopologyTestDriver } from '#streams/testing'
import { promotionConfigSchema } from '../config.ts'
import { linearTrainedModel } from '../export/linear-model.ts'
import { TRUTH } from '../testing/learner-conformance.ts'
import { interpretGraph } from '../testing/graph-interpreter.ts'
import { openLinearModel } from '../testing/linear-models.ts'
import { readImportManifest } from './import-manifest.ts'
import { importModel } from './model-import.ts'
import { createModelLog } from './model-log.ts'
import { createModelWriter } from './model-writer.ts'

const featureSet = { id: 'fs', names: ['a', 'b', 'c', 'd'], width: TRUTH.length }
const fileOf = (weights: readonly number[]) =>
  linearTrainedModel({ weights: Float64Array.from(weights), bias: -2 }, 'made elsewhere', {
    ...{ examples: 9, rounds: 1, parameters: 5 },
  }).onnx

async function setUp() {
  const driver = await createTopologyTestDriver({ seed: 1, startMs: 77 })
  const modelLog = createModelLog()
  const { clock } = driver
  const common = { clock, log: silentLogger, signals: silentSignals }
  const writer = createModelWriter({
    ...{ outputs: await driver.outputs('operator'), artifactChunkBytes: 10_000, ...common },
  })
  const moves = () => driver.records('models').map(({ value }) => value!)
  return {
    moves,
    async take(file: Uint8Array, manifest?: object, reason = '') {
      const given = readImportManifest(manifest === undefined ? undefined : JSON.stringify(manifest))
      const told = await importModel(
        file,
        { manifest: given, reason },
        {
          ...{ modelLog, writer, featureSet, objective: 'click', clock, openModel: openLinearModel },
          promotion: promotionConfigSchema.parse({}),
          scoreFile: (onnx, { width }, vectors) => Promise.resolve(interpretGraph(onnx)(vectors, width)),
          newestExamples: () => Promise.resolve([]),
        },
      )
      for (const record of driver.records('modelArtifacts')) modelLog.noteArtifact(record)
      for (const { key, value } of driver.records('models')) modelLog.noteMove({ key, value })
      return told
    },
  }
}

describe('a model file made elsewhere', () => {
  it('becomes a candidate that says what it is', async () => {
    const { take, moves } = await setUp()
    const trainedOn = { examples: 5_000, toMs: 60 }
    const { modelId } = await take(fileOf(TRUTH), { name: 'spark', label: 'click', trainedOn }, 'nightly')
    expect(modelId).toMatch(/^spark-click-1-[0-9a-f]{8}$/)
    const [move] = moves()
    expect(move).toMatchObject({ modelId, stage: 'candidate', reason: 'Imported by an operator: nightly' })
    const manifest = parseManifest(move!.manifest)
    expect(manifest).toMatchObject({
      ...{ learner: 'spark', featureSetId: 'fs', featureNames: featureSet.names, createdAtMs: 77 },
      trainedOn: { examples: 5_000, fromMs: 0, toMs: 60, parameters: 5 },
    })
    // Edges, and each column alone.
    expect(manifest.golden.rows).toBe(7)
  })

  it('needs no manifest when it was made for the feed', async () => {
    const { take } = await setUp()
    expect((await take(fileOf(TRUTH))).modelId).toMatch(/^imported-click-1-/)
  })

  it('is taken once', async () => {
    const { take, moves } = await setUp()
    const { modelId } = await take(fileOf(TRUTH))
    await expect(take(fileOf(TRUTH))).rejects.toThrow(`This file is there already, as ${modelId}`)
    expect(moves()).toHaveLength(1)
  })

  it('is taken as it was exported elsewhere, and must answer what it answered there', async () => {
    const [here, there] = [await setUp(), await setUp()]
    await there.take(fileOf(TRUTH), { name: 'spark' })
    const exported = JSON.parse(there.moves()[0]!.manifest) as Record<string, unknown>
    expect((await here.take(fileOf(TRUTH), exported)).modelId).toMatch(/^spark-/)
    await expect(here.take(fileOf([9, 9, 9, 9]), exported)).rejects.toThrow(
      /^The model cannot serve this feed: .* golden row \d+ scores /,
    )
  })

  it.each<[string, Uint8Array, object | undefined, RegExp]>([
    [
      'text',
      Buffer.from('no model'),
      undefined,
      /^The model cannot serve this feed: the file is no ONNX model/,
    ],
    [
      'other inputs',
      fileOf([1, 2]),
      undefined,
      /the file takes vectors\[N,2\], and must take one input of 4/,
    ],
    ['another label', fileOf(TRUTH), { label: 'like' }, /^The model predicts like, and the objective/],
    ['other features', fileOf(TRUTH), { featureSetId: 'x' }, /feature set x, and this feed has fs\. If its/],
    ['unknown columns', fileOf([1, 2]), { columns: ['a', 'z'] }, /^This feed has no z: `feedloop check/],
    ['a wrong manifest', fileOf(TRUTH), { lable: 'click' }, /^The manifest of the model is wrong: .*lable/],
    ['a wrong whole manifest', fileOf(TRUTH), { formatVersion: 2 }, /^The manifest of the model is wrong: /],
  ])('is refused with %s, and nothing is written', async (_, file, manifest, message) => {
    const { take, moves } = await setUp()
    await expect(take(file, manifest)).rejects.toThrow(message)
    expect(moves()).toEqual([])
  })
})
