import { createHash } from 'node:crypto'
import type { FeatureSet } from '#feature-store'
import { calibrationIdOf, IDENTITY_CALIBRATION, type ModelArtifact, type ModelManifest } from '#schemas'
import { goldenOf } from '#scorer/model'
import { exportOnnx, ONNX_INPUT, ONNX_OUTPUT, scoresOf } from './export-onnx.ts'
import type { LinearModel } from './learners/learner.ts'
import { type Lesson, vectorsOf } from './lesson.ts'

/** A model file and what travels with it. */
export interface Candidate {
  onnx: Uint8Array
  manifest: ModelManifest
}

export interface CandidateParts {
  model: LinearModel
  learner: string
  objective: string
  featureSet: FeatureSet
  /** How many models came before it. */
  sequence: number
  /** Real examples for the golden rows; the latest are taken. */
  recent: readonly Lesson[]
  goldenRows: number
  goldenTolerance: number
  trainedOn: ModelManifest['trainedOn']
  createdAtMs: number
}

/** File, id (learner, label, number, hash of the file) and manifest of a snapshot. Deterministic but for `createdAtMs`. */
export function candidateOf(parts: CandidateParts): Candidate {
  const { model, learner, objective, featureSet, sequence, trainedOn, createdAtMs } = parts
  const onnx = exportOnnx(model, `${learner}-${objective}`)
  const onnxSha256 = createHash('sha256').update(onnx).digest('hex')
  const golden = goldenVectors(parts)
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
    golden: goldenOf(golden, scoresOf(model, golden), parts.goldenTolerance),
    trainedOn,
    metrics: {},
    createdAtMs,
  }
  return { onnx, manifest }
}

/** The latest real rows, and the edges: all zeros, all ones, all minus ones, one column alone after another. */
function goldenVectors({ recent, featureSet: { width }, goldenRows }: CandidateParts): Float32Array {
  const real = vectorsOf(recent.slice(-goldenRows), width)
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
