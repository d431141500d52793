import { createFadingMean } from './fading-mean.ts'

/** Logits beyond this are taken as this: one wrong certainty is no drift. */
const LOGIT_MAX = 7
/** Distance from the usual logit is kept within this, for the same reason: a value then lies within +-4. */
const DISTANCE_MAX = 4
/** Examples over which the usual logit is averaged. */
const MEMORY_EXAMPLES = 2_000
/** Models that are followed at once: around a swap examples of two or three come mixed. */
const MODELS_MAX = 8

export interface Overclaim {
  /** @returns nats, about -4..4; mean 0 while the scores' differences are true */
  of(score: number, label: number, modelId: string): number
  /** Mean overclaim of such scores if they told nothing apart, nats: what their differences promise. */
  readonly promised: number
}

/**
 * By how much a score claimed more than came true, for one example: (score - label) x (logit(score) - usual logit).
 *
 * Excess loss, log-loss(label, score) - entropy(score), is (score - label) x logit(score). Its mean is 0 for a
 * calibrated model whatever the base rate or how well the model tells items apart, so that it does not move when a
 * champion is replaced by a better or a worse but honest one. But most of its variance comes from the base rate:
 * at 10 % clicks every click counts 2.2 nats. Taking the model's usual logit off (its mean weighted by
 * score x (1 - score)) makes it the efficient score of the calibration slope with the intercept profiled out: the
 * same mean when scores no longer tell items apart, much less variance, and to the first order no answer to base
 * rates that rise and fall with the hour, as log-loss and plain excess loss have (overclaim.test.ts compares them).
 * It is therefore blind to a change of the base rate alone, which the calibration metric shows.
 *
 * `promised` is the information of that slope: overclaim / promised is the share of the differences that is not true.
 *
 * State: two numbers per model, and two. Time: constant.
 *
 * @see D. R. Cox (1958), Two further applications of a model for binary regression, Biometrika 45, 562-565.
 */
export function createOverclaim(): Overclaim {
  const usual = new Map<string, { logit: number; weight: number }>()
  const promised = createFadingMean(MEMORY_EXAMPLES)

  function usualOf(modelId: string, logit: number): { logit: number; weight: number } {
    const known = usual.get(modelId)
    if (known !== undefined) return known
    const oldest = usual.keys().next().value
    if (usual.size >= MODELS_MAX && oldest !== undefined) usual.delete(oldest)
    const fresh = { logit, weight: 0 }
    usual.set(modelId, fresh)
    return fresh
  }

  return {
    of(score, label, modelId) {
      const logit = Math.min(LOGIT_MAX, Math.max(-LOGIT_MAX, Math.log(score / (1 - score))))
      const mean = usualOf(modelId, logit)
      const distance = Math.min(DISTANCE_MAX, Math.max(-DISTANCE_MAX, logit - mean.logit))
      const weight = score * (1 - score)
      promised.add(weight * distance * distance)
      mean.weight = mean.weight * (1 - 1 / MEMORY_EXAMPLES) + weight
      if (mean.weight > 0) mean.logit += (weight / mean.weight) * (logit - mean.logit)
      return (score - label) * distance
    },
    get promised() {
      return promised.mean
    },
  }
}
