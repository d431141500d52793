import type { ModelManifest } from '#schemas'
import type { CalibrationKind } from './calibration-kind.ts'
import type { FileShape, OpenModel, ProvenModel, RawModel, ScoreFile } from './contract.ts'
import { ModelCallError, ModelRefusedError } from './errors.ts'
import { checkBytes, checkShapes } from './file-check.ts'
import { createOnnxHost, ONNX_HOST_DEFAULTS, type OnnxHost, type OnnxHostOptions } from './onnx-host.ts'
import { firstScores, proveModel } from './proven-model.ts'

/** A worker thread with its bounds, for those who do not want to share one. */
export function createOnnxModels(options: Partial<OnnxHostOptions>): {
  openModel: OpenModel
  scoreFile: ScoreFile
  stop(): Promise<void>
} {
  const host = createOnnxHost({ ...ONNX_HOST_DEFAULTS, ...options })
  return {
    openModel: (onnx, manifest) => openModelIn(host, onnx, manifest),
    async scoreFile(onnx, shape, vectors) {
      const raw = await openFileIn(host, onnx, shape)
      return firstScores(raw, shape, vectors).finally(() => raw.close())
    },
    stop: () => host.stop(),
  }
}

let shared: { openModel: OpenModel } | undefined

/**
 * Opens and proves a model in a worker thread that the process shares: byte length, sha256, input and output
 * shapes, golden vectors, probabilities, calibration. Rejects with ModelRefusedError that names what differs; with
 * ModelCallError (transient) when the worker itself failed.
 */
export const openModel: OpenModel = (onnx, manifest) => {
  shared ??= createOnnxModels({})
  return shared.openModel(onnx, manifest)
}

/** `openModel` in a given worker. */
export async function openModelIn(
  host: OnnxHost,
  onnx: Uint8Array,
  manifest: ModelManifest,
  kinds?: readonly CalibrationKind[],
): Promise<ProvenModel> {
  checkBytes(onnx, manifest)
  const raw = await openFileIn(host, onnx, manifest)
  try {
    return await proveModel(raw, manifest, kinds)
  } catch (error) {
    await raw.close()
    throw error
  }
}

/** The file with the input and the output of its shape. */
async function openFileIn(host: OnnxHost, onnx: Uint8Array, shape: FileShape): Promise<RawModel> {
  const opened = await host.open(onnx).catch((cause: unknown) => {
    if (!(cause instanceof ModelCallError) || cause.code !== 'run_failed') throw cause
    throw new ModelRefusedError(
      'not_loadable',
      `model ${shape.modelId}: ONNX Runtime cannot load the file: ${cause.message}`,
      { cause },
    )
  })
  const raw = rawModelOf(host, opened.session, shape)
  try {
    checkShapes(opened.inputs, opened.outputs, shape)
    return raw
  } catch (error) {
    await raw.close()
    throw error
  }
}

function rawModelOf(host: OnnxHost, session: number, { input, output, width }: FileShape): RawModel {
  return {
    /** The caller keeps its vectors: they are copied once into the worker; the scores are moved back. */
    predict(vectors, rows) {
      // A view would take its whole buffer along.
      const own = vectors.byteLength === vectors.buffer.byteLength ? vectors : vectors.slice()
      return host.run(session, { input, output, vectors: own, rows, width })
    },
    close: () => host.close(session),
  }
}
