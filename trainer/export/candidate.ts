import { createHash } from 'node:crypto'
import type { FeatureSet } from '#feature-store'
import { calibrationIdOf, IDENTITY_CALIBRATION, type ModelArtifact, type ModelManifest } from '#schemas'
import { goldenOf } from '#scorer/model'
import { type TrainingExample, vectorsOf } from '../learning/training-example.ts'
import { ONNX_INPUT, ONNX_OUTPUT } from './model-file.ts'
import type { ProvableModel } from './provable-model.ts'

/** A model file and what travels with it. */
export interface Candidate {
  onnx: Uint8Array
  manifest: ModelManifest
}

export interface CandidateParts {
  model: ProvableModel
  /** Name of the learner that made it. */
  learner: string
  objective: string
  featureSet: FeatureSet
  /** How many models came before it. */
  sequence: number
  goldenTolerance: number
  /** Event time of the examples it has learned from. */
  trainedOn: { fromMs: number; toMs: number }
  createdAtMs: number
}

/** File, id (learner, label, number, hash of the file) and manifest of a model. Deterministic but for `createdAtMs`. */
export function candidateOf(parts: CandidateParts): Candidate {
  const { model, learner, objective, featureSet, sequence, trainedOn, createdAtMs } = parts
  const { onnx, golden } = model
  const { told = {}, ...facts } = model.facts
  const onnxSha256 = createHash('sha256').update(onnx).digest('hex')
  const manifest: ModelManifest = {
    formatVersion: 2,
    modelId: `${learner}-${objective}-${String(sequence)}-${onnxSha256.slice(0, 8)}`,
    learner,
    label: objective,
    featureSetId: featureSet.id,
    featureNames: [...featureSet.names],
    input: ONNX_INPUT,
    output: ONNX_OUTPUT,
    width: featureSet.width,
    onnxSha256,
    onnxBytes: onnx.length,
    calibration: IDENTITY_CALIBRATION,
    calibrationId: calibrationIdOf(IDENTITY_CALIBRATION),
    golden: goldenOf(golden.vectors, golden.scores, parts.goldenTolerance),
    trainedOn: { ...facts, ...trainedOn },
    metrics: { ...told },
    createdAtMs,
  }
  return { onnx, manifest }
}

/** Golden rows: the latest real ones, and edges: all zeros, all ones, all minus ones, one column alone after another. */
export function goldenVectors(recent: readonly TrainingExample[], width: number): Float32Array {
  const real = vectorsOf(recent, width)
  const edges = [0, 1, -1].flatMap((value) => Array.from({ length: width }, () => value))
  const alone = Array.from({ length: width * width }, (_, at) =>
    Math.floor(at / width) === at % width ? 1 : 0,
  )
  return Float32Array.from([...real, ...edges, ...alone])
}

/** The file in records of at most `chunkBytes`, in order. */
export function artifactsOf({ onnx, manifest }: Candidate, chunkBytes: number): ModelArtifact[] {
  const count = Math.max(1, Math.ceil(onnx.length / chunkBytes))
  return Array.from({ length: count }, (_, index) => ({
    modelId: manifest.modelId,
    index,
    count,
    sha256: manifest.onnxSha256,
    bytes: Buffer.from(onnx.subarray(index * chunkBytes, (index + 1) * chunkBytes)),
  }))
}
