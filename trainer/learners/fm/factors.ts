import type { Draws } from '../gbdt/seeded-draws.ts'

export interface FactorTerms {
  factors: number
  alpha: number
  l2: number
  /** Standard deviation of what factors begin with. */
  deviation: number
}

/** Which coordinates there are, and how many of them an example has at most. */
export interface FactorSpace {
  count: number
  lengthMax: number
  /** The coordinate that goes together with none: the bias. */
  without: number
}

/** A vector of factors per coordinate: two of an example go together as far as their vectors agree. */
export interface Factors {
  /** `factors` numbers per coordinate, float32. */
  readonly rows: Float32Array
  /** The sum of <v_i, v_j> x_i x_j over all pairs of coordinates, each once. Time: O(length x factors). */
  sum(length: number, at: Int32Array, values: Float64Array): number
  /** How much the sum that was asked last rises with a factor of the coordinate at a place of the example. */
  gradientAt(place: number, factor: number): number
  /**
   * Learns from what `sum` was asked last. A coordinate that was never seen is drawn, and takes part from then on.
   * @param slope of the loss by the sum
   */
  learn(slope: number): void
  /** They learn as fast as in their youth, with what they know kept. @param share of the evidence that stays */
  forget(share: number): void
}

/**
 * The pairs of a factorisation machine, learned by stochastic gradient descent with a rate per factor (AdaGrad).
 *
 * Sum: half of the sum over the factors f of s_f^2 - sum_i (v_if x_i)^2, where s_f = sum_i v_if x_i. Gradient by v_if:
 * x_i (s_f - v_if x_i). State: two float32 per factor and a byte per coordinate.
 *
 * @see S. Rendle (2010), Factorization Machines, ICDM, lemma 3.1 and equation 4; J. Duchi et al. (2011), Adaptive
 * Subgradient Methods for Online Learning, JMLR 12.
 */
export function createFactors(
  { count, lengthMax, without }: FactorSpace,
  { factors, alpha, l2, deviation }: FactorTerms,
  draws: Pick<Draws, 'normal'>,
): Factors {
  const rows = new Float32Array(count * factors)
  const squares = new Float32Array(count * factors)
  const isDrawn = new Uint8Array(count)
  const sums = new Float64Array(factors)
  let askedLength = 0
  let askedAt: Int32Array = new Int32Array(lengthMax)
  let askedValues: Float64Array = new Float64Array(lengthMax)

  function gradientOf(from: number, factor: number, value: number): number {
    return value * (sums[factor]! - rows[from + factor]! * value)
  }

  function learnRow(coordinate: number, value: number, slope: number): void {
    const from = coordinate * factors
    for (let factor = 0; factor < factors; factor++) {
      const at = from + factor
      const gradient = slope * gradientOf(from, factor, value) + l2 * rows[at]!
      squares[at]! += gradient * gradient
      rows[at]! -= (alpha * gradient) / (1 + Math.sqrt(squares[at]!))
    }
  }

  return {
    rows,
    sum(length, at, values) {
      askedLength = length
      askedAt = at
      askedValues = values
      sums.fill(0)
      let own = 0
      for (let place = 0; place < length; place++) {
        if (at[place] === without) continue
        const from = at[place]! * factors
        for (let factor = 0; factor < factors; factor++) {
          const part = rows[from + factor]! * values[place]!
          sums[factor]! += part
          own += part * part
        }
      }
      return (sums.reduce((all, sum) => all + sum * sum, 0) - own) / 2
    },
    gradientAt: (place, factor) => gradientOf(askedAt[place]! * factors, factor, askedValues[place]!),
    learn(slope) {
      for (let place = 0; place < askedLength; place++) {
        const coordinate = askedAt[place]!
        if (coordinate === without) continue
        if (isDrawn[coordinate] === 1) learnRow(coordinate, askedValues[place]!, slope)
        else {
          isDrawn[coordinate] = 1
          for (let factor = 0; factor < factors; factor++)
            rows[coordinate * factors + factor] = deviation * draws.normal()
        }
      }
    },
    forget(share) {
      for (let at = 0; at < squares.length; at++) squares[at]! *= share
    },
  }
}
