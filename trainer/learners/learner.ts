/** What a linear learner knows: probability = sigmoid(vector x weights + bias). */
export interface LinearModel {
  /** One per vector column. */
  weights: Float64Array
  bias: number
}

/** Learns a probability from one example at a time, never looking back. */
export interface Learner {
  /** Stable, written into models: ftrl, ... */
  readonly name: string
  readonly width: number
  /** Examples learned so far. */
  readonly examples: number
  /** @param vector `width` finite numbers. @returns 0..1, before it has learned anything 0.5 */
  predict(vector: ArrayLike<number>): number
  /**
   * @param weight importance: 2 counts as two examples in the gradient; must be above 0
   * @returns the prediction made before learning, so that a pass is also a prequential evaluation
   */
  update(vector: ArrayLike<number>, label: 0 | 1, weight: number): number
  snapshot(): LinearModel
  /**
   * Makes it learn again as fast as in its youth, with what it knows kept.
   * @param share of the evidence that stays, 0..1
   */
  forget(share: number): void
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}
