/** How FTRL-Proximal moves weights. */
export interface FtrlTerms {
  alpha: number
  beta: number
  l1: number
  l2: number
}

/** FTRL-Proximal weights of many coordinates, of which an example has few. */
export interface FtrlWeights {
  weightAt(coordinate: number): number
  /** Weights times values of the first `length` coordinates, each of them once. */
  sum(length: number, at: Int32Array, values: Float64Array): number
  /**
   * Learns from what `sum` was asked last.
   * @param slope of the loss by the sum
   */
  learn(slope: number): void
  /** They learn as fast as in their youth, with what they know kept. @param share of the evidence that stays */
  forget(share: number): void
  /** Nothing is known of these coordinates any more. */
  clear(from: number, to: number): void
}

/**
 * State: two float64 per coordinate (z: summed adjusted gradients, n: summed squares). A weight is 0 while |z| <= l1, else
 * -(z - sign(z) l1) / ((beta + sqrt(n)) / alpha + l2). Time: O(coordinates of the example).
 *
 * @see H. B. McMahan et al. (2013), Ad Click Prediction: a View from the Trenches, KDD, Algorithm 1.
 */
export function createFtrlWeights(
  count: number,
  lengthMax: number,
  { alpha, beta, l1, l2 }: FtrlTerms,
): FtrlWeights {
  const z = new Float64Array(count)
  const n = new Float64Array(count)
  /** Of the last sum: weights, and roots of n. */
  const weights = new Float64Array(lengthMax)
  const roots = new Float64Array(lengthMax)
  let askedLength = 0
  let askedAt: Int32Array
  let askedValues: Float64Array

  function weightOf(pull: number, root: number): number {
    if (pull > l1) return -(pull - l1) / ((beta + root) / alpha + l2)
    return pull < -l1 ? -(pull + l1) / ((beta + root) / alpha + l2) : 0
  }
  const weightAt = (coordinate: number) => weightOf(z[coordinate]!, Math.sqrt(n[coordinate]!))

  return {
    weightAt,
    sum(length, at, values) {
      askedLength = length
      askedAt = at
      askedValues = values
      let sum = 0
      for (let place = 0; place < length; place++) {
        const coordinate = at[place]!
        const root = Math.sqrt(n[coordinate]!)
        const weight = weightOf(z[coordinate]!, root)
        roots[place] = root
        weights[place] = weight
        sum += weight * values[place]!
      }
      return sum
    },
    learn(slope) {
      for (let place = 0; place < askedLength; place++) {
        const coordinate = askedAt[place]!
        const gradient = slope * askedValues[place]!
        const squares = n[coordinate]! + gradient * gradient
        const sigma = (Math.sqrt(squares) - roots[place]!) / alpha
        z[coordinate]! += gradient - sigma * weights[place]!
        n[coordinate] = squares
      }
    },
    forget(share) {
      for (let coordinate = 0; coordinate < count; coordinate++) {
        const weight = weightAt(coordinate)
        n[coordinate]! *= share
        // The z that gives the same weight under the new learning rate; below l1 nothing was known.
        if (weight !== 0) {
          z[coordinate] = -weight * ((beta + Math.sqrt(n[coordinate]!)) / alpha + l2) - Math.sign(weight) * l1
        }
      }
    },
    clear(from, to) {
      z.fill(0, from, to)
      n.fill(0, from, to)
    },
  }
}
