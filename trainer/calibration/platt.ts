import { probabilityOf } from '#scorer/model'
import { positivesOf, type ScoredRows } from './scored-rows.ts'

const STEPS_MAX = 100
/** Of the loss: what a step must promise to save; less is lost in rounding. */
const SAVED_SHARE_MIN = 1e-13
/** Added to the diagonal of the Hessian, which may be singular. */
const RIDGE = 1e-12
/** A shorter step than this share of Newton's finds nothing better. */
const STEP_SHARE_MIN = 1e-10
/** Of the decrease that the gradient promises, what a step must keep. */
const DECREASE_SHARE = 1e-4

interface Line {
  slope: number
  intercept: number
}

/**
 * Platt scaling: the slope and intercept on log-odds with the highest likelihood, where positives count as
 * (positives + 1) / (positives + 2) and negatives as 1 / (negatives + 2) of a yes, so that rows that can be told apart
 * without a mistake do not send the slope to infinity.
 *
 * Newton's method with backtracking. O(rows) a step. Same as scikit-learn's `method='sigmoid'`, with -a and -b.
 *
 * @example
 * fitPlatt({ logOdds: Float64Array.of(-1, 1), labels: Uint8Array.of(0, 1) }) // slope 0.69, intercept 0
 *
 * @returns a slope of 0 or less when the scores are upside down
 * @see J. Platt (1999), Probabilistic Outputs for Support Vector Machines, Advances in Large Margin Classifiers; H.-T. Lin,
 * C.-J. Lin, R. Weng (2007), A Note on Platt's Probabilistic Outputs for Support Vector Machines, Machine Learning 68.
 */
export function fitPlatt(rows: ScoredRows) {
  const positives = positivesOf(rows)
  const negatives = rows.labels.length - positives
  const targets = { negative: 1 / (negatives + 2), positive: (positives + 1) / (positives + 2) }
  let line: Line = { slope: 0, intercept: Math.log((positives + 1) / (negatives + 1)) }
  let loss = lossOf(rows, line, targets)
  for (let step = 0; step < STEPS_MAX; step++) {
    const { gradient, direction } = newtonAt(rows, line, targets)
    const promised = gradient[0] * direction[0] + gradient[1] * direction[1]
    if (-promised < SAVED_SHARE_MIN * loss) break
    let share = 1
    for (; share >= STEP_SHARE_MIN; share /= 2) {
      const next = {
        slope: line.slope + share * direction[0],
        intercept: line.intercept + share * direction[1],
      }
      const nextLoss = lossOf(rows, next, targets)
      if (nextLoss > loss + DECREASE_SHARE * share * promised) continue
      line = next
      loss = nextLoss
      break
    }
    if (share < STEP_SHARE_MIN) break
  }
  return { kind: 'platt' as const, ...line }
}

interface Targets {
  negative: number
  positive: number
}

const targetOf = (label: number, { negative, positive }: Targets) => (label === 1 ? positive : negative)

function lossOf({ logOdds, labels }: ScoredRows, { slope, intercept }: Line, targets: Targets): number {
  let loss = 0
  for (let row = 0; row < labels.length; row++) {
    const z = slope * logOdds[row]! + intercept
    // ln(1 + e^z) - target x z, without overflow.
    loss += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - targetOf(labels[row]!, targets) * z
  }
  return loss
}

/** Gradient and Newton's step, for slope and intercept. */
function newtonAt({ logOdds, labels }: ScoredRows, { slope, intercept }: Line, targets: Targets) {
  let [slopeGradient, interceptGradient] = [0, 0]
  let [slopes, both, intercepts] = [RIDGE, 0, RIDGE]
  for (let row = 0; row < labels.length; row++) {
    const value = logOdds[row]!
    const score = probabilityOf(slope * value + intercept)
    const excess = score - targetOf(labels[row]!, targets)
    const weight = score * (1 - score)
    slopeGradient += excess * value
    interceptGradient += excess
    slopes += weight * value * value
    both += weight * value
    intercepts += weight
  }
  const determinant = slopes * intercepts - both * both
  return {
    gradient: [slopeGradient, interceptGradient] as const,
    direction: [
      -(intercepts * slopeGradient - both * interceptGradient) / determinant,
      -(slopes * interceptGradient - both * slopeGradient) / determinant,
    ] as const,
  }
}
