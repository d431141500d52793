import type { FileShape } from './contract.ts'
import { ModelCallError } from './errors.ts'

/** Throws ModelCallError unless there are rows x width finite numbers: a session turns NaN into NaN in silence. */
export function checkInput(
  vectors: Float32Array,
  rows: number,
  { modelId, width, featureNames }: Pick<FileShape, 'modelId' | 'width' | 'featureNames'>,
): void {
  if (!Number.isInteger(rows) || rows < 0 || vectors.length !== rows * width) {
    const message = `model ${modelId} takes ${rows} x ${width} numbers, got ${vectors.length}`
    throw new ModelCallError('input_shape', message)
  }
  for (let at = 0; at < vectors.length; at++) {
    if (Number.isFinite(vectors[at])) continue
    const feature = featureNames[at % width] ?? `column ${at % width}`
    const message = `model ${modelId}: ${feature} of row ${Math.floor(at / width)} is ${vectors[at]}`
    throw new ModelCallError('input_not_finite', message)
  }
}

/** Throws ModelCallError unless there is one number in [0, 1] per row. */
export function checkScores(
  scores: Float32Array,
  rows: number,
  { modelId }: Pick<FileShape, 'modelId'>,
): void {
  if (scores.length !== rows) {
    throw new ModelCallError(
      'output_not_probability',
      `model ${modelId} answered ${scores.length} scores for ${rows} rows`,
    )
  }
  for (let row = 0; row < rows; row++) {
    const score = scores[row] ?? NaN
    if (score >= 0 && score <= 1) continue
    throw new ModelCallError(
      'output_not_probability',
      `model ${modelId}: the score of row ${row} is ${score}, not within 0..1`,
    )
  }
}
