import type { ModelFacts, TrainedModel } from '../learners/learner.ts'

/** A trained model as plain data, which may come from another thread: its file, and rows the file must reproduce. */
export interface ProvableModel {
  onnx: Uint8Array
  facts: ModelFacts
  golden: { vectors: Float32Array; scores: Float32Array }
}

/** @param vectors the golden rows; the learner itself says what their scores are */
export function provableModelOf(
  { onnx, facts, scoresOf }: TrainedModel,
  vectors: Float32Array,
): ProvableModel {
  return { onnx, facts, golden: { vectors, scores: scoresOf(vectors) } }
}
