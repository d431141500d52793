import { z } from 'zod'
import { type LinearModel, linearTrainedModel } from '../export/linear-model.ts'
import { createAdmission } from './admission.ts'
import { createCoordinates, linearModelAt } from './coordinates.ts'
import { createFtrlWeights } from './ftrl/ftrl-weights.ts'
import { boundedLogit, type LearnerTask, onlineLearner, type OnlineLearner, sigmoid } from './learner.ts'

export const ftrlConfigSchema = z.strictObject({
  alpha: z.number().positive().default(0.2).describe('learning rate: how far one example moves a weight'),
  beta: z.number().min(0).default(1).describe('smooths the learning rate of the first examples'),
  l1: z.number().min(0).default(0).describe('weights whose evidence stays below it are exactly 0'),
  l2: z.number().min(0).default(1).describe('pulls weights towards 0'),
  sightingsMin: z
    .int()
    .min(1)
    .max(255)
    .default(3)
    .describe('a bucket has a weight from this sighting on (columns of hashBucket)'),
})
export type FtrlConfig = z.infer<typeof ftrlConfigSchema>

export interface Ftrl extends OnlineLearner {
  weights(): LinearModel
}

/** What the trainer chooses among, when it is to. */
export const FTRL_FORMS = {
  usual: { alpha: 0.2, l1: 0, l2: 1 },
  slow: { alpha: 0.05, l1: 0, l2: 1 },
  fast: { alpha: 0.6, l1: 0, l2: 1 },
  'held-back': { alpha: 0.1, l1: 1, l2: 20 },
} as const satisfies Record<string, Partial<FtrlConfig>>

export const ftrl = onlineLearner(ftrlConfigSchema, createFtrl, FTRL_FORMS)

/**
 * FTRL-Proximal logistic regression with per-coordinate learning rates. Zeros and missing values (NaN) are skipped; a
 * column of buckets is as many columns as it has buckets, one of them 1.
 *
 * State: two float64 per quantity, bucket and for the bias (`ftrl/ftrl-weights.ts`), and a byte per bucket to let it in
 * (`admission.ts`): 17 MiB for 2^20 buckets. The bias is a column that is always 1, regularised like the others. Time:
 * O(width) per example.
 *
 * @example
 * const learner = createFtrl(ftrlConfigSchema.parse({ alpha: 0.05 }), { width: 2, graphName: 'ftrl' })
 * learner.update({ vector: [1, 0], label: 1 }) // 0.5, what it would have said before
 * learner.predict([1, 0]) // more than 0.5
 *
 * @see H. B. McMahan et al. (2013), Ad Click Prediction: a View from the Trenches, KDD, Algorithm 1.
 */
export function createFtrl(config: FtrlConfig, task: LearnerTask): Ftrl {
  const { width, graphName } = task
  const coordinates = createCoordinates(task)
  const { bias, at, values } = coordinates
  const weights = createFtrlWeights(coordinates.count, width + 1, config)
  const admission = createAdmission(coordinates, config.sightingsMin)
  let examples = 0

  const linearModel = () => linearModelAt(coordinates, width, weights.weightAt)

  return {
    get examples() {
      return examples
    },
    predict: (vector) => sigmoid(boundedLogit(weights.sum(coordinates.read(vector), at, values))),
    update({ vector, label, weight = 1 }) {
      const length = admission.admit(coordinates.read(vector))
      const score = sigmoid(boundedLogit(weights.sum(length, at, values)))
      weights.learn(weight * (score - label))
      examples += 1
      return score
    },
    weights: linearModel,
    model() {
      const parameters = bias + 1 + admission.admitted
      return linearTrainedModel(linearModel(), graphName, { examples, rounds: 1, parameters })
    },
    forget: weights.forget,
  }
}
