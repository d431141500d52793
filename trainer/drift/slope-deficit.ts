/** How much of what a model's scores promise did not come true: 0 for an honest model. */
export interface Deficit {
  deficit: number
  standardError: number
}

const LOGIT_MAX = 7

/**
 * Of the differences between scores: 0 honest, 1 the scores tell nothing apart, 2 the reverse. One Newton step towards 1 − Cox's calibration slope, with the intercept profiled out: the summed overclaim over what
 * it would be if the scores told nothing. Free of the scale of the scores, so that a dull model and a sharp one compare.
 *
 * @returns NaN when the scores are all the same
 * @see D. R. Cox (1958), Two further applications of a model for binary regression, Biometrika 45, 562-565.
 */
export function slopeDeficit(judged: readonly { score: number; label: number }[]): Deficit {
  const rows = judged.map(({ score, label }) => ({
    rest: score - label,
    weight: score * (1 - score),
    logit: Math.min(LOGIT_MAX, Math.max(-LOGIT_MAX, Math.log(score / (1 - score)))),
  }))
  const weights = rows.reduce((sum, { weight }) => sum + weight, 0)
  const usual = rows.reduce((sum, { weight, logit }) => sum + weight * logit, 0) / weights
  let overclaim = 0
  let information = 0
  for (const { rest, weight, logit } of rows) {
    overclaim += rest * (logit - usual)
    information += weight * (logit - usual) ** 2
  }
  return { deficit: overclaim / information, standardError: 1 / Math.sqrt(information) }
}
