import { type LoggedChoice, weightOf } from './logged-choice.ts'

/** What one choice adds to the mean. */
export function doublyRobustTerm(choice: LoggedChoice): number {
  const { reward, expectedOfChosen, expectedOfPolicy } = choice
  return expectedOfPolicy + weightOf(choice) * (reward - expectedOfChosen)
}

/**
 * Doubly robust: what a model expects of the policy, corrected by the weighted errors of the model on what was chosen.
 * Unbiased when either the propensities or the model are right, with less variance than IPS when the model is good. The
 * model must not have learned from these rewards. null: no choices.
 *
 * @see M. Dudik, J. Langford, L. Li (2011), Doubly Robust Policy Evaluation and Learning, ICML.
 */
export function doublyRobust(choices: readonly LoggedChoice[]): number | null {
  if (choices.length === 0) return null
  return choices.reduce((sum, choice) => sum + doublyRobustTerm(choice), 0) / choices.length
}
