import { z } from 'zod'
import { linearTrainedModel } from '../export/linear-model.ts'
import { batchLearner, type BatchLearner, type LearnerTask } from './learner.ts'

export const baseRateConfigSchema = z.strictObject({
  prior: z.number().gt(0).lt(1).default(0.5).describe('the rate before anything was seen'),
  strength: z.number().positive().default(1).describe('examples that the prior counts for'),
})
export type BaseRateConfig = z.infer<typeof baseRateConfigSchema>

export const baseRate = batchLearner(baseRateConfigSchema, createBaseRate)

/**
 * The share of positives, whatever the vector: what any other learner must beat, and the shortest one to copy.
 *
 * State: one number, (weighted positives + prior x strength) / (weights + strength). Time: O(rows).
 *
 * @example
 * const learner = createBaseRate({ prior: 0.5, strength: 1 }, { width: 2, graphName: 'base-rate' })
 * const rows = { count: 3, width: 2, vectors: new Float32Array(6), labels: Uint8Array.of(1, 0, 0) }
 * learner.fit(rows, options).scoresOf(new Float32Array(2)) // [0.375]
 */
export function createBaseRate(
  { prior, strength }: BaseRateConfig,
  { width, graphName, buckets = [] }: LearnerTask,
) {
  const tables = buckets.map(({ columns }) => ({ columns, rows: Float32Array.of(0) }))
  return {
    fit({ count, labels, weights }, { progress }) {
      let [positives, all] = [prior * strength, strength]
      for (let row = 0; row < count; row++) {
        const weight = weights?.[row] ?? 1
        all += weight
        positives += weight * labels[row]!
      }
      progress(1)
      const bias = Math.log(positives / (all - positives))
      const facts = { examples: count, rounds: 1, parameters: 1 }
      return linearTrainedModel({ weights: new Float64Array(width), bias, tables }, graphName, facts)
    },
  } satisfies BatchLearner
}
