import { isDeepStrictEqual } from 'node:util'
import type { ModelManifest } from '#schemas'
import { type CalibrationKind } from './calibration-kind.ts'
import { CALIBRATION_KINDS, calibrateOf } from './calibration.ts'
import type { FileShape, ProvenModel, RawModel } from './contract.ts'
import { ModelCallError, ModelRefusedError } from './errors.ts'
import { proveGoldenVectors } from './golden.ts'
import { checkInput, checkScores } from './probabilities.ts'

/** An open file that was proven, and how many sessions share it. */
interface ProvenFile {
  raw: RawModel
  /** What it answered for the golden rows. */
  goldenScores: Float32Array
  kinds: readonly CalibrationKind[]
  sessions: number
}

/**
 * Proves an open model file by the golden vectors of its manifest, raw, and makes it a session that calibrates.
 * Rejects with ModelRefusedError, with ModelCallError when the file could not be asked; closes nothing then.
 */
export async function proveModel(
  raw: RawModel,
  manifest: ModelManifest,
  kinds: readonly CalibrationKind[] = CALIBRATION_KINDS,
): Promise<ProvenModel> {
  try {
    const goldenScores = await proveGoldenVectors(manifest, (vectors, rows) =>
      rawScores(raw, vectors, rows, manifest),
    )
    return calibratedSession({ raw, goldenScores, kinds, sessions: 0 }, manifest)
  } catch (error) {
    throw refusalOf(error, manifest)
  }
}

/** Scores that may become golden. Rejects like `proveModel`. */
export async function firstScores(
  raw: RawModel,
  shape: FileShape,
  vectors: Float32Array,
): Promise<Float32Array> {
  try {
    return await rawScores(raw, vectors, vectors.length / shape.width, shape)
  } catch (error) {
    throw refusalOf(error, shape)
  }
}

async function rawScores(
  raw: RawModel,
  vectors: Float32Array,
  rows: number,
  manifest: FileShape,
): Promise<Float32Array> {
  checkInput(vectors, rows, manifest)
  if (rows === 0) return new Float32Array(0)
  const scores = await raw.predict(vectors, rows)
  checkScores(scores, rows, manifest)
  return scores
}

function calibratedSession(file: ProvenFile, manifest: ModelManifest): ProvenModel {
  const calibrate = calibrateOf(manifest, file.kinds)
  checkScores(file.goldenScores.map(calibrate), manifest.golden.rows, manifest)
  file.sessions += 1
  let isClosed = false
  return {
    manifest,
    async predict(vectors, rows) {
      if (isClosed) throw new ModelCallError('session_closed', 'the model session was closed')
      const scores = (await rawScores(file.raw, vectors, rows, manifest)).map(calibrate)
      checkScores(scores, rows, manifest)
      return scores
    },
    async close() {
      if (isClosed) return
      isClosed = true
      file.sessions -= 1
      if (file.sessions === 0) await file.raw.close()
    },
    recalibrated(next) {
      if (!isSameProof(manifest, next)) return undefined
      try {
        return calibratedSession(file, next)
      } catch (error) {
        throw refusalOf(error, next)
      }
    },
  }
}

/** Whether what was proven for one manifest holds for the other. */
function isSameProof(one: ModelManifest, other: ModelManifest): boolean {
  const proof = ({ modelId, onnxSha256, featureSetId, input, output, width, golden }: ModelManifest) => ({
    modelId,
    onnxSha256,
    featureSetId,
    input,
    output,
    width,
    golden,
  })
  return isDeepStrictEqual(proof(one), proof(other))
}

/** What a proof found out about the model itself is a refusal; a dead worker is not. */
function refusalOf(error: unknown, { modelId }: Pick<FileShape, 'modelId'>): unknown {
  if (!(error instanceof ModelCallError) || error.policy === 'transient') return error
  const code = error.code === 'output_not_probability' ? 'output_not_probability' : 'golden_differs'
  return new ModelRefusedError(code, `model ${modelId} cannot score its golden vectors: ${error.message}`, {
    cause: error,
  })
}
