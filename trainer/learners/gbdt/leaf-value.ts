/** Settings that say what a leaf is worth. */
export interface LeafTerms {
  l1: number
  l2: number
}

/** What a leaf may say at least and at most, when columns are monotone. */
export interface LeafBounds {
  lower: number
  upper: number
}
export const UNBOUNDED: LeafBounds = { lower: -Infinity, upper: Infinity }

/** The value that lowers the loss of a leaf most: -G / (H + l2), with G pulled to 0 by l1, within its bounds. */
export function leafValue(
  gradient: number,
  hessian: number,
  { l1, l2 }: LeafTerms,
  bounds: LeafBounds,
): number {
  const value = -pulled(gradient, l1) / (hessian + l2)
  return Math.min(bounds.upper, Math.max(bounds.lower, value))
}

/**
 * Twice the loss that a leaf saves by that value.
 *
 * @see T. Chen, C. Guestrin (2016), XGBoost, KDD, equations 5 to 7.
 */
export function leafGain(gradient: number, hessian: number, terms: LeafTerms, bounds: LeafBounds): number {
  const pull = pulled(gradient, terms.l1)
  if (bounds === UNBOUNDED) return (pull * pull) / (hessian + terms.l2)
  const value = leafValue(gradient, hessian, terms, bounds)
  return -(2 * pull * value + (hessian + terms.l2) * value * value)
}

function pulled(gradient: number, l1: number): number {
  if (l1 === 0) return gradient
  return Math.sign(gradient) * Math.max(0, Math.abs(gradient) - l1)
}
