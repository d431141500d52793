import { type LoggedChoice, weightOf } from './logged-choice.ts'

/** What one choice adds to the mean. */
export const ipsTerm = (choice: LoggedChoice): number => weightOf(choice) * choice.reward

/**
 * Inverse propensity scoring: mean reward of a policy from a log that another one wrote, each reward weighted by how much
 * more often the policy would make that choice. Unbiased where the log's policy may choose whatever the other one may;
 * its variance grows with the weights. null: no choices.
 *
 * @see D. Horvitz and D. Thompson (1952), A Generalization of Sampling Without Replacement From a Finite Universe, JASA 47;
 * L. Li et al. (2011), Unbiased Offline Evaluation of Contextual-bandit-based News Article Recommendation Algorithms, WSDM.
 */
export function ips(choices: readonly LoggedChoice[]): number | null {
  if (choices.length === 0) return null
  return choices.reduce((sum, choice) => sum + ipsTerm(choice), 0) / choices.length
}
