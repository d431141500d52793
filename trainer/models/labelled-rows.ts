import { type Example, vectorOfBytes } from '#schemas'
import type { ModelSession } from '#scorer/model'
import type { Forecast } from '../metrics/index.ts'

/** Examples of one feature set as models are measured on them. */
export interface LabelledRows {
  /** count x width */
  vectors: Float32Array
  labels: (0 | 1)[]
  /** Event time of the first that happened; Infinity: there is none. */
  fromMs: number
}

/** Those that carry the label, of which no source was silent. */
export function labelledRows(
  examples: readonly Example[],
  { featureSetId, objective }: { featureSetId: string; objective: string },
): LabelledRows {
  const rows = examples
    .filter((example) => example.featureSetId === featureSetId && !example.labelsOut.includes(objective))
    .flatMap(({ labels, vector, occurredAtMs }) => {
      const label = labels.find(({ name }) => name === objective)?.value
      return label === 0 || label === 1
        ? [{ vector: vectorOfBytes(vector), label, occurredAtMs } as const]
        : []
    })
  const width = rows[0]?.vector.length ?? 0
  const vectors = new Float32Array(rows.length * width)
  rows.forEach(({ vector }, row) => vectors.set(vector, row * width))
  return {
    vectors,
    labels: rows.map(({ label }) => label),
    fromMs: rows.reduce((first, { occurredAtMs }) => Math.min(first, occurredAtMs), Infinity),
  }
}

export async function forecastsBy(
  model: ModelSession,
  { vectors, labels }: Pick<LabelledRows, 'vectors' | 'labels'>,
): Promise<Forecast[]> {
  const scores = labels.length === 0 ? new Float32Array() : await model.predict(vectors, labels.length)
  return labels.map((label, at) => ({ score: scores[at]!, label }))
}
