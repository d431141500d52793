import type { FtrlConfig } from '../config.ts'
import { type Learner, sigmoid } from './learner.ts'

/** Logits are kept within this, so that a probability never becomes exactly 0 or 1. */
const LOGIT_MAX = 35

/**
 * FTRL-Proximal logistic regression with per-coordinate learning rates, on dense vectors; zeros are skipped.
 *
 * State: two float64 per column and for the bias (z: summed adjusted gradients, n: summed squares). A weight is 0
 * while |z| <= l1, else -(z - sign(z) l1) / ((beta + sqrt(n)) / alpha + l2). The bias is a column that is always
 * 1, regularised like the others. Time: O(width) per example.
 *
 * @example
 * const learner = createFtrl({ alpha: 0.05, beta: 1, l1: 0, l2: 1 }, 2)
 * learner.update([1, 0], 1, 1) // 0.5, what it would have said before
 * learner.predict([1, 0]) // more than 0.5
 *
 * @see H. B. McMahan et al. (2013), Ad Click Prediction: a View from the Trenches, KDD, Algorithm 1.
 */
export function createFtrl({ alpha, beta, l1, l2 }: FtrlConfig, width: number): Learner {
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
      if (value !== 0) logit += weightAt(column) * value
    }
    return Math.min(LOGIT_MAX, Math.max(-LOGIT_MAX, logit))
  }

  function learnColumn(column: number, gradient: number): void {
    const square = gradient * gradient
    const sigma = (Math.sqrt(n[column]! + square) - Math.sqrt(n[column]!)) / alpha
    z[column]! += gradient - sigma * weightAt(column)
    n[column]! += square
  }

  return {
    name: 'ftrl',
    width,
    get examples() {
      return examples
    },
    predict: (vector) => sigmoid(logitOf(vector)),
    update(vector, label, weight) {
      const score = sigmoid(logitOf(vector))
      const slope = weight * (score - label)
      for (let column = 0; column < width; column++) {
        const value = vector[column]!
        if (value !== 0) learnColumn(column, slope * value)
      }
      learnColumn(width, slope)
      examples += 1
      return score
    },
    snapshot: () => ({
      weights: Float64Array.from({ length: width }, (_, column) => weightAt(column)),
      bias: weightAt(width),
    }),
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
