import { expect, it } from 'vitest'
import { sigmoid } from '../learners/learner.ts'
import { linearModelOf, openLinearModel } from '../testing/linear-models.ts'
import { sampleTrainingExample } from '../testing/sample-training-example.ts'
import { artifactsOf, candidateOf, type CandidateParts, goldenVectors } from './candidate.ts'
import { exportLinearModel, linearScores, linearTrainedModel } from './linear-model.ts'
import { provableModelOf } from './provable-model.ts'

const model = { weights: Float64Array.of(0.1, -2.5, 0), bias: -1.7 }
const recent = Array.from({ length: 16 }, (_, at) => sampleTrainingExample({ vector: [at, -at, 1] }))
const trained = linearTrainedModel(model, 'g', { examples: 20, rounds: 1, parameters: 4 })
const parts: CandidateParts = {
  model: provableModelOf(trained, goldenVectors(recent, 3)),
  learner: 'ftrl',
  objective: 'click',
  featureSet: { id: 'fs', names: ['a', 'b', 'c'], width: 3 },
  sequence: 7,
  goldenTolerance: 1e-5,
  trainedOn: { fromMs: 1, toMs: 2 },
  createdAtMs: 5,
}

it('writes the weights as float32, the same model as the same bytes', () => {
  const bytes = exportLinearModel(model, 'g')
  expect(exportLinearModel(model, 'g')).toEqual(bytes)
  const read = linearModelOf(bytes, 'm')
  expect([...read.weights]).toEqual([0.1, -2.5, 0].map(Math.fround))
  expect(read.bias).toBe(Math.fround(-1.7))
})

it('scores as the file must', () => {
  const [first, second] = linearScores(model, Float32Array.of(1, 0, 0, 0, 1, 9))
  expect(first).toBeCloseTo(sigmoid(0.1 - 1.7), 6)
  expect(second).toBeCloseTo(sigmoid(-2.5 - 1.7), 6)
})

it('names a candidate after its learner, label, number and bytes, and proves it with real rows and edges', async () => {
  const { onnx, manifest } = candidateOf(parts)
  expect(manifest.modelId).toMatch(/^ftrl-click-7-[0-9a-f]{8}$/)
  expect(manifest.onnxSha256.startsWith(manifest.modelId.slice(-8))).toBe(true)
  expect(manifest.golden.rows).toBe(16 + 3 + 3)
  expect(manifest).toMatchObject({ label: 'click', width: 3, onnxBytes: onnx.length, createdAtMs: 5 })
  expect(manifest.trainedOn).toEqual({ examples: 20, rounds: 1, parameters: 4, fromMs: 1, toMs: 2 })
  await (await openLinearModel(onnx, manifest)).close()
})

it('is refused when the file does not score the golden rows', async () => {
  const { manifest } = candidateOf(parts)
  const other = exportLinearModel({ ...model, bias: -1.6 }, 'g')
  await expect(openLinearModel(other, manifest)).rejects.toMatchObject({ code: 'golden_differs' })
})

it('cuts the file into pieces that make the file again', () => {
  const candidate = candidateOf(parts)
  const pieces = artifactsOf(candidate, 100)
  expect(pieces.length).toBe(Math.ceil(candidate.onnx.length / 100))
  expect(pieces.every(({ bytes, count }) => bytes.length <= 100 && count === pieces.length)).toBe(true)
  expect(Buffer.concat(pieces.map(({ bytes }) => bytes)).equals(Buffer.from(candidate.onnx))).toBe(true)
})
