import { expect, it } from 'vitest'
import { createOnnxModels } from '#scorer/model'
import { candidateOf } from './candidate.ts'
import { scoresOf } from './export-onnx.ts'
import type { TrainingExample } from './training-example.ts'
import { createChance } from '#schemas/testing'

it('is scored by ONNX Runtime as we say it must be', async () => {
  const chance = createChance(1)
  const width = 40
  const draw = () => Float32Array.from({ length: width }, () => (chance() < 0.3 ? 0 : chance() * 4 - 2))
  const model = { weights: Float64Array.from({ length: width }, () => chance() * 4 - 2), bias: -2 }
  const recent = Array.from({ length: 50 }, (): TrainingExample => ({
    exampleId: 'e',
    vector: draw(),
    flags: new Uint8Array(width),
    label: 0,
    score: null,
    modelId: '',
    occurredAtMs: 0,
    maturedAtMs: 0,
  }))
  const featureSet = { id: 'fs', names: Array.from({ length: width }, (_, at) => `f${String(at)}`), width }
  const trainedOn = { examples: 50, fromMs: 0, toMs: 0 }
  const { onnx, manifest } = candidateOf({
    ...{
      model,
      learner: 'ftrl',
      objective: 'click',
      featureSet,
      sequence: 1,
      recent,
      trainedOn,
      createdAtMs: 0,
    },
    goldenRows: 32,
    goldenTolerance: 1e-5,
  })
  const models = createOnnxModels({})
  const session = await models.openModel(onnx, manifest)
  const vectors = Float32Array.from(Array.from({ length: 500 }, () => [...draw()]).flat())
  const [ours, theirs] = [scoresOf(model, vectors), await session.predict(vectors, 500)]
  const worst = Math.max(...ours.map((score, at) => Math.abs(score - theirs[at]!)))
  expect(worst).toBeLessThan(1e-6)
  await session.close()
  await models.stop()
})
