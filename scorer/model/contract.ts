import type { ModelManifest } from '#schemas'

/** A model that is ready to score, in a worker thread of its own. */
export interface ModelSession {
  readonly manifest: ModelManifest
  /**
   * Calibrated probability of the manifest's label per row, 0..1.
   * @param vectors rows x manifest.width float32, row-major; all finite
   */
  predict(vectors: Float32Array, rows: number): Promise<Float32Array>
  /** Releases the native session. */
  close(): Promise<void>
}

/** A session whose file reproduced its golden vectors. */
export interface ProvenModel extends ModelSession {
  /**
   * The same open file under a manifest with another calibration; it stays open until both are closed. undefined:
   * that manifest wants another file, or another proof of it. Throws ModelRefusedError.
   */
  recalibrated(manifest: ModelManifest): ProvenModel | undefined
}

/** An open model file, before calibration. */
export interface RawModel {
  /** What the file answers. `vectors` are rows x width finite numbers, at least one row, and stay the caller's. */
  predict(vectors: Float32Array, rows: number): Promise<Float32Array>
  close(): Promise<void>
}

/**
 * Opens and proves a model: checksum, input and output shapes, golden vectors, calibration. Rejects with
 * ModelRefusedError.
 */
export type OpenModel = (onnx: Uint8Array, manifest: ModelManifest) => Promise<ProvenModel>

/** What a model file takes and answers, and what it is called in messages. */
export type FileShape = Pick<ModelManifest, 'modelId' | 'input' | 'output' | 'width' | 'featureNames'>

/**
 * What a file answers for rows that nobody scored before: probabilities, not calibrated. Rejects with ModelRefusedError
 * when it has other inputs or outputs, or answers anything else.
 */
export type ScoreFile = (onnx: Uint8Array, shape: FileShape, vectors: Float32Array) => Promise<Float32Array>
