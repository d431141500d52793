import { createHash } from 'node:crypto'
import type { FeatureSet } from '#feature-store'
import type { ModelArtifact, ModelManifest, ModelMove, ModelStage } from '#schemas'
import { writeLogisticModel } from './logistic-model.ts'

/** A model as its topics carry it: a move, and the file in pieces. */
export interface PublishedModel {
  onnx: Uint8Array
  manifest: ModelManifest
  move(stage: ModelStage, changes?: Partial<ModelMove>): ModelMove
  artifacts: ModelArtifact[]
}

/** A logistic model for this feature set; `weights` default to 0.1 each, so that models differ by `bias`. */
export function publishModel(
  modelId: string,
  featureSet: FeatureSet,
  {
    bias = 0,
    weights = featureSet.names.map(() => 0.1),
    pieces = 2,
    changes = {} as Partial<ModelManifest>,
  } = {},
): PublishedModel {
  const written = writeLogisticModel({
    modelId,
    featureSetId: featureSet.id,
    featureNames: featureSet.names,
    weights,
    bias,
  })
  const { onnx } = written
  const manifest = { ...written.manifest, ...changes }
  const sha256 = createHash('sha256').update(onnx).digest('hex')
  const size = Math.ceil(onnx.byteLength / pieces)
  return {
    onnx,
    manifest,
    move: (stage, moved = {}) => ({
      modelId,
      learner: manifest.learner,
      stage,
      reason: `${modelId} is ${stage}`,
      movedAtMs: 0,
      occurredAtMs: 0,
      manifest: JSON.stringify(manifest),
      pinned: false,
      ...moved,
    }),
    artifacts: Array.from({ length: pieces }, (_, index) => ({
      modelId,
      index,
      count: pieces,
      sha256,
      bytes: Buffer.from(onnx.subarray(index * size, (index + 1) * size)),
    })),
  }
}
