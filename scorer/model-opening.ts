import type { ModelManifest } from '#schemas'
import { codeOf } from '#streams'
import { ModelRefusedError, type OpenModel, type ProvenModel } from './model/index.ts'

/** How often a model is opened again after the worker, not the model, failed. */
const OPEN_ATTEMPTS_MAX = 3

/** Opens and proves a model. Rejects with ModelRefusedError; `worker_failed` says nothing about the model. */
export async function openWithRetries(
  openModel: OpenModel,
  onnx: Uint8Array,
  manifest: ModelManifest,
): Promise<ProvenModel> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openModel(onnx, manifest)
    } catch (error) {
      if (error instanceof ModelRefusedError) throw error
      if (attempt < OPEN_ATTEMPTS_MAX) continue
      const message = `model ${manifest.modelId} could not be opened in ${OPEN_ATTEMPTS_MAX} attempts (${codeOf(error)})`
      throw new ModelRefusedError('worker_failed', message, { cause: error })
    }
  }
}
