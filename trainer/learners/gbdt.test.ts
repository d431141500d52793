import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createGbdt } from './gbdt.ts'
import { gbdtConfigSchema } from './gbdt/settings.ts'
import type { TrainingRows } from './learner.ts'

interface ReferenceCase {
  name: string
  settings: Record<string, unknown>
  /** null: missing. */
  vectors: (number | null)[][]
  labels: (0 | 1)[]
  weights?: number[]
  predictions: number[]
}
const { cases } = JSON.parse(readFileSync(new URL('./reference/gbdt.json', import.meta.url), 'utf8')) as {
  cases: ReferenceCase[]
}
const options = { seed: 1, signal: new AbortController().signal, progress: () => undefined }

describe("gbdt is LightGBM's where both have the same bins", () => {
  it.each(cases)('$name', async ({ settings, vectors, labels, weights, predictions }) => {
    const width = vectors[0]!.length
    const rows: TrainingRows = {
      count: vectors.length,
      width,
      vectors: Float32Array.from(vectors.flat(), (value) => value ?? NaN),
      labels: Uint8Array.from(labels),
      ...(weights === undefined ? {} : { weights: Float32Array.from(weights) }),
    }
    const learner = createGbdt(gbdtConfigSchema.parse(settings), { width, graphName: 'gbdt' })
    const scores = (await learner.fit(rows, options)).scoresOf(rows.vectors)
    const worst = Math.max(...predictions.map((prediction, row) => Math.abs(prediction - scores[row]!)))
    expect(worst).toBeLessThan(2e-6)
  })
})
