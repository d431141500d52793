import { bytesOfVector, type ModelManifest, vectorOfBytes } from '#schemas'
import type { RawModel } from './contract.ts'
import { ModelRefusedError } from './errors.ts'

/** The rows a model file must reproduce before it may serve, as the manifest carries them: its scores, not calibrated. */
export function goldenOf(
  vectors: Float32Array,
  scores: Float32Array,
  tolerance: number,
): ModelManifest['golden'] {
  return {
    rows: scores.length,
    vectors: bytesOfVector(vectors).toString('base64'),
    scores: bytesOfVector(scores).toString('base64'),
    tolerance,
  }
}

/**
 * Scores the manifest's golden rows in the open file, before calibration, and answers those scores.
 * Throws ModelRefusedError: `golden_malformed` (not rows x width finite numbers), `golden_differs` (names the
 * worst row), `output_not_probability`.
 */
export async function proveGoldenVectors(
  { golden, width, modelId }: ModelManifest,
  predict: RawModel['predict'],
): Promise<Float32Array> {
  const vectors = floatsOfBase64(golden.vectors)
  const expected = floatsOfBase64(golden.scores)
  if (!isFilled(vectors, golden.rows * width) || !isFilled(expected, golden.rows)) {
    const message = `model ${modelId}: the golden vectors are not ${golden.rows} rows of ${width} finite float32 and as many scores`
    throw new ModelRefusedError('golden_malformed', message)
  }
  const scores = await predict(vectors, golden.rows)
  let worst = 0
  let worstRow = 0
  for (let row = 0; row < golden.rows; row++) {
    const difference = Math.abs((scores[row] ?? NaN) - (expected[row] ?? NaN))
    if (difference <= worst) continue
    worst = difference
    worstRow = row
  }
  if (worst <= golden.tolerance) return scores
  throw new ModelRefusedError(
    'golden_differs',
    `model ${modelId}: golden row ${worstRow} scores ${scores[worstRow]}, the manifest says ${expected[worstRow]} ` +
      `(difference ${worst}, tolerance ${golden.tolerance})`,
  )
}

function isFilled(floats: Float32Array | undefined, length: number): floats is Float32Array {
  return floats?.length === length && floats.every(Number.isFinite)
}

function floatsOfBase64(text: string): Float32Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length % 4 === 0 ? vectorOfBytes(bytes) : undefined
}
