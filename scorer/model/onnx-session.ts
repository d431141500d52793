import type { ModelManifest } from '#schemas'
import type { ModelSession, OpenModel } from './contract.ts'
import { ModelCallError, ModelRefusedError } from './errors.ts'
import { checkBytes, checkShapes } from './file-check.ts'
import { proveGoldenVectors } from './golden.ts'
import { createOnnxHost, ONNX_HOST_DEFAULTS, type OnnxHost, type OnnxHostOptions } from './onnx-host.ts'
import { checkInput, checkScores } from './probabilities.ts'

/** A worker thread with its bounds, for those who do not want to share one. */
export function createOnnxModels(options: Partial<OnnxHostOptions>): {
  openModel: OpenModel
  stop(): Promise<void>
} {
  const host = createOnnxHost({ ...ONNX_HOST_DEFAULTS, ...options })
  return { openModel: (onnx, manifest) => openModelIn(host, onnx, manifest), stop: () => host.stop() }
}

let shared: { openModel: OpenModel } | undefined

/**
 * Opens and proves a model in a worker thread that the process shares: byte length, sha256, input and output
 * shapes, golden vectors, probabilities. Rejects with ModelRefusedError that names what differs; with
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
): Promise<ModelSession> {
  checkBytes(onnx, manifest)
  const opened = await host.open(onnx).catch((cause: unknown) => {
    if (!(cause instanceof ModelCallError) || cause.code !== 'run_failed') throw cause
    throw new ModelRefusedError(
      'not_loadable',
      `model ${manifest.modelId}: ONNX Runtime cannot load the file: ${cause.message}`,
      { cause },
    )
  })
  const session = sessionOf(host, opened.session, manifest)
  try {
    checkShapes(opened.inputs, opened.outputs, manifest)
    await proveGoldenVectors(session)
    return session
  } catch (error) {
    await session.close()
    throw refusalOf(error, manifest)
  }
}

function sessionOf(host: OnnxHost, session: number, manifest: ModelManifest): ModelSession {
  return {
    manifest,
    /** The caller keeps its vectors: they are copied once into the worker; the scores are moved back. */
    async predict(vectors, rows) {
      checkInput(vectors, rows, manifest)
      if (rows === 0) return new Float32Array(0)
      // A view would take its whole buffer along.
      const own = vectors.byteLength === vectors.buffer.byteLength ? vectors : vectors.slice()
      const { input, output, width } = manifest
      const scores = await host.run(session, { input, output, vectors: own, rows, width })
      checkScores(scores, rows, manifest)
      return scores
    },
    close: () => host.close(session),
  }
}

/** What a proof found out about the model itself is a refusal; a dead worker is not. */
function refusalOf(error: unknown, manifest: ModelManifest): unknown {
  if (!(error instanceof ModelCallError) || error.policy === 'transient') return error
  const code = error.code === 'output_not_probability' ? 'output_not_probability' : 'golden_differs'
  return new ModelRefusedError(
    code,
    `model ${manifest.modelId} cannot score its golden vectors: ${error.message}`,
    { cause: error },
  )
}
