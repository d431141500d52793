import { z } from 'zod'
import { type LinearModel, linearTrainedModel } from '../export/linear-model.ts'
import { onlineLearner, type OnlineLearner, sigmoid } from './learner.ts'

export const ftrlConfigSchema = z.strictObject({
  alpha: z.number().positive().default(0.2).describe('learning rate: how far one example moves a weight'),
  beta: z.number().min(0).default(1).describe('smooths the learning rate of the first examples'),
  l1: z.number().min(0).default(0).describe('weights whose evidence stays below it are exactly 0'),
  l2: z.number().min(0).default(1).describe('pulls weights towards 0'),
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

export const ftrl = onlineLearner(
  ftrlConfigSchema,
  (settings, { width, graphName }) => createFtrl(settings, width, graphName),
  FTRL_FORMS,
)

/** Logits are kept within this, so that a probability never becomes exactly 0 or 1. */
const LOGIT_MAX = 35

/**
 * FTRL-Proximal logistic regression with per-coordinate learning rates, on dense vectors; zeros and missing
 * values (NaN) are skipped.
 *
 * State: two float64 per column and for the bias (z: summed adjusted gradients, n: summed squares). A weight is 0
 * while |z| <= l1, else -(z - sign(z) l1) / ((beta + sqrt(n)) / alpha + l2). The bias is a column that is always
 * 1, regularised like the others. Time: O(width) per example.
 *
 * @example
 * const learner = createFtrl({ alpha: 0.05, beta: 1, l1: 0, l2: 1 }, 2)
 * learner.update({ vector: [1, 0], label: 1 }) // 0.5, what it would have said before
 * learner.predict([1, 0]) // more than 0.5
 *
 * @see H. B. McMahan et al. (2013), Ad Click Prediction: a View from the Trenches, KDD, Algorithm 1.
 */
export function createFtrl({ alpha, beta, l1, l2 }: FtrlConfig, width: number, graphName = 'ftrl'): Ftrl {
  /** The last one is the bias. */
  const z = new Float64Array(width + 1)
  const n = new Float64Array(width + 1)
  let examples = 0

  function weightAt(column: number): number {
    const pull = z[column]!
    if (Math.abs(pull) <= l1) return 0
    return -(pull - Math.sign(pull) * l1) / ((beta + Math.sqrt(n[column]!)) / alpha + l2)
  }

  function logitOf(vector: ArrayLike<number>): number {
    let logit = weightAt(width)
    for (let column = 0; column < width; column++) {
      const value = vector[column]!
      if (isPresent(value)) logit += weightAt(column) * value
    }
    return Math.min(LOGIT_MAX, Math.max(-LOGIT_MAX, logit))
  }

  function learnColumn(column: number, gradient: number): void {
    const square = gradient * gradient
    const sigma = (Math.sqrt(n[column]! + square) - Math.sqrt(n[column]!)) / alpha
    z[column]! += gradient - sigma * weightAt(column)
    n[column]! += square
  }

  const weights = (): LinearModel => ({
    weights: Float64Array.from({ length: width }, (_, column) => weightAt(column)),
    bias: weightAt(width),
  })

  return {
    get examples() {
      return examples
    },
    predict: (vector) => sigmoid(logitOf(vector)),
    update({ vector, label, weight = 1 }) {
      const score = sigmoid(logitOf(vector))
      const slope = weight * (score - label)
      for (let column = 0; column < width; column++) {
        const value = vector[column]!
        if (isPresent(value)) learnColumn(column, slope * value)
      }
      learnColumn(width, slope)
      examples += 1
      return score
    },
    weights,
    model: () => linearTrainedModel(weights(), graphName, { examples, rounds: 1, parameters: width + 1 }),
    forget(share) {
      for (let column = 0; column <= width; column++) {
        const weight = weightAt(column)
        n[column]! *= share
        // The z that gives the same weight under the new learning rate; below l1 nothing was known.
        if (weight !== 0) {
          z[column] = -weight * ((beta + Math.sqrt(n[column]!)) / alpha + l2) - Math.sign(weight) * l1
        }
      }
    },
  }
}

const isPresent = (value: number) => value < 0 || value > 0
