import { expect, it } from 'vitest'
import { createOnnxModels } from '#scorer/model'
import { createChance } from '#schemas/testing'
import { sampleTrainingExample } from '../testing/sample-training-example.ts'
import { createGbdt } from '../learners/gbdt.ts'
import { gbdtConfigSchema } from '../learners/gbdt/settings.ts'
import { candidateOf, goldenVectors } from './candidate.ts'
import { linearScores, linearTrainedModel } from './linear-model.ts'
import { provableModelOf } from './provable-model.ts'

it('is scored by ONNX Runtime as we say it must be', async () => {
  const chance = createChance(1)
  const width = 40
  const draw = () => Float32Array.from({ length: width }, () => (chance() < 0.3 ? 0 : chance() * 4 - 2))
  const model = { weights: Float64Array.from({ length: width }, () => chance() * 4 - 2), bias: -2 }
  const recent = Array.from({ length: 32 }, () => sampleTrainingExample({ vector: draw() }))
  const trained = linearTrainedModel(model, 'ftrl-click', { examples: 50, rounds: 1, parameters: 41 })
  const { onnx, manifest } = candidateOf({
    model: provableModelOf(trained, goldenVectors(recent, width)),
    learner: 'ftrl',
    objective: 'click',
    featureSet: { id: 'fs', names: Array.from({ length: width }, (_, at) => `f${String(at)}`), width },
    sequence: 1,
    goldenTolerance: 1e-5,
    trainedOn: { fromMs: 0, toMs: 0 },
    createdAtMs: 0,
  })
  const models = createOnnxModels({})
  const session = await models.openModel(onnx, manifest)
  const vectors = Float32Array.from(Array.from({ length: 500 }, () => [...draw()]).flat())
  const [ours, theirs] = [linearScores(model, vectors), await session.predict(vectors, 500)]
  const worst = Math.max(...ours.map((score, at) => Math.abs(score - theirs[at]!)))
  expect(worst).toBeLessThan(1e-6)
  await session.close()
  await models.stop()
})

it('is scored right where trees split into categories: every training row', async () => {
  const chance = createChance(2)
  const [rows, width] = [2_000, 4]
  const vectors = Float32Array.from({ length: rows * width }, (_, at) =>
    at % width === 0
      ? Math.floor(chance() * 300) - 20
      : at % width === 1
        ? Math.floor(chance() * 3)
        : chance() * 4 - 2,
  )
  const labels = Uint8Array.from({ length: rows }, (_, row) =>
    Number(chance() < (vectors[row * width]! % 3 === 0 || vectors[row * width + 1] === 2 ? 0.7 : 0.2)),
  )
  const settings = gbdtConfigSchema.parse({ categorical: ['0', '1'], categorySmoothing: 1, rowsMin: 5 })
  const trained = await createGbdt(settings, { width, graphName: 'gbdt' }).fit(
    { count: rows, width, vectors, labels },
    { seed: 1, signal: new AbortController().signal, progress: () => undefined },
  )
  const { onnx, manifest } = candidateOf({
    model: provableModelOf(trained, vectors.slice(0, 32 * width)),
    learner: 'gbdt',
    objective: 'click',
    featureSet: { id: 'fs', names: ['a', 'b', 'c', 'd'], width },
    sequence: 1,
    goldenTolerance: 1e-5,
    trainedOn: { fromMs: 0, toMs: 0 },
    createdAtMs: 0,
  })
  const models = createOnnxModels({})
  const session = await models.openModel(onnx, manifest)
  const [ours, theirs] = [trained.scoresOf(vectors), await session.predict(vectors, rows)]
  expect(Math.max(...ours.map((score, at) => Math.abs(score - theirs[at]!)))).toBeLessThan(1e-6)
  await session.close()
  await models.stop()
})
