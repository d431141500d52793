import { probabilityOf } from '#scorer/model'
import { positivesOf, type ScoredRows } from './scored-rows.ts'

const STEPS_MAX = 100
/** Log-odds; positives or negatives that are all alike would send it to infinity. */
const SHIFT_MAX = 20
const SHIFT_TOLERANCE = 1e-10

/**
 * Correction of the base rate: the shift of all log-odds by which the scores sum up to the positives. That is the intercept
 * of a logistic regression whose slope is held at 1.
 *
 * Newton's method, kept between bounds. O(rows) a step. Units: log-odds.
 *
 * @example
 * fitBaseRate({ logOdds: Float64Array.of(0, 0), labels: Uint8Array.of(1, 0) }) // { kind: 'base-rate', shift: 0 }
 *
 * @param rows of both labels
 * @see D. R. Cox (1958), Two Further Applications of a Model for Binary Regression, Biometrika 45; M. Saerens, P. Latinne,
 * C. Decaestecker (2002), Adjusting the Outputs of a Classifier to New a Priori Probabilities, Neural Computation 14.
 */
export function fitBaseRate(rows: ScoredRows) {
  const positives = positivesOf(rows)
  let [low, high, shift] = [-SHIFT_MAX, SHIFT_MAX, 0]
  for (let step = 0; step < STEPS_MAX; step++) {
    const { excess, slope } = excessAt(rows, shift, positives)
    if (excess > 0) high = shift
    else low = shift
    const newton = shift - excess / slope
    const next = newton > low && newton < high ? newton : (low + high) / 2
    const moved = Math.abs(next - shift)
    shift = next
    if (moved < SHIFT_TOLERANCE) break
  }
  return { kind: 'base-rate' as const, shift }
}

/** By how much the shifted scores sum up to more than the positives, and how fast that grows. */
function excessAt({ logOdds }: ScoredRows, shift: number, positives: number) {
  let [excess, slope] = [-positives, 0]
  for (const value of logOdds) {
    const score = probabilityOf(value + shift)
    excess += score
    slope += score * (1 - score)
  }
  return { excess, slope }
}
