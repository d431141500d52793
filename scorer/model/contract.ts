import type { ModelManifest } from '#schemas'

/** A model that is ready to score, in a worker thread of its own. */
export interface ModelSession {
  readonly manifest: ModelManifest
  /**
   * Probability of the manifest's label per row, 0..1.
   * @param vectors rows x manifest.width float32, row-major; a missing feature is NaN only if the model says so
   */
  predict(vectors: Float32Array, rows: number): Promise<Float32Array>
  /** Releases the native session. */
  close(): Promise<void>
}

/** Opens and proves a model: checksum, input and output shapes, golden vectors. Rejects with ModelRefusedError. */
export type OpenModel = (onnx: Uint8Array, manifest: ModelManifest) => Promise<ModelSession>
