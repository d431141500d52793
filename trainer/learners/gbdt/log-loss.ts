import type { Sums } from './split.ts'

/** Rows and what is known of them. */
export interface Targets {
  labels: Uint8Array
  weights?: Float32Array | undefined
}

/**
 * Gradient and hessian of the log-loss of these rows, as float32 pairs at 2 x row and 2 x row + 1, and their sums.
 *
 * @param logits of all rows
 */
export function writeGradients(
  rows: Uint32Array,
  { labels, weights }: Targets,
  logits: Float64Array,
  pairs: Float32Array,
): Sums {
  let [gradients, hessians] = [0, 0]
  for (const row of rows) {
    const weight = weights === undefined ? 1 : weights[row]!
    const score = 1 / (1 + Math.exp(-logits[row]!))
    const gradient = Math.fround(weight * (score - labels[row]!))
    const hessian = Math.fround(weight * score * (1 - score))
    pairs[2 * row] = gradient
    pairs[2 * row + 1] = hessian
    gradients += gradient
    hessians += hessian
  }
  return { gradient: gradients, hessian: hessians }
}

/** Weighted mean log-loss of these rows. */
export function meanLogLoss(rows: Uint32Array, { labels, weights }: Targets, logits: Float64Array): number {
  let [losses, all] = [0, 0]
  for (const row of rows) {
    const weight = weights?.[row] ?? 1
    const away = labels[row] === 1 ? -logits[row]! : logits[row]!
    // log(1 + e^away), without overflow.
    losses += weight * (Math.max(0, away) + Math.log1p(Math.exp(-Math.abs(away))))
    all += weight
  }
  return losses / all
}

/** Log-odds of the weighted share of positives; with one class only, half an example of each is added. */
export function baseLogit(
  rows: Uint32Array,
  { labels, weights }: Targets,
): { logit: number; isOneClass: boolean } {
  let [positives, all] = [0, 0]
  for (const row of rows) {
    const weight = weights?.[row] ?? 1
    all += weight
    positives += weight * labels[row]!
  }
  const isOneClass = positives === 0 || positives === all
  const share = isOneClass ? (positives + 0.5) / (all + 1) : positives / all
  return { logit: Math.fround(Math.log(share / (1 - share))), isOneClass }
}
