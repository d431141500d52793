import { ipsTerm } from './ips.ts'
import { type LoggedChoice, weightOf } from './logged-choice.ts'

/**
 * Self-normalized inverse propensity scoring: the weighted rewards over the sum of the weights instead of the number of
 * choices. A little biased, with less variance, and never outside what rewards can be. null: the log holds nothing that
 * the policy would have chosen.
 *
 * @see A. Swaminathan and T. Joachims (2015), The Self-Normalized Estimator for Counterfactual Learning, NIPS.
 */
export function snips(choices: readonly LoggedChoice[]): number | null {
  const weights = choices.reduce((sum, choice) => sum + weightOf(choice), 0)
  return weights === 0 ? null : choices.reduce((sum, choice) => sum + ipsTerm(choice), 0) / weights
}
