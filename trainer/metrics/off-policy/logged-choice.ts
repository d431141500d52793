/** One choice of a policy that wrote a log, what came of it, and what another policy would have done in its place. */
export interface LoggedChoice {
  /** What came of the choice: 1 a click, 0 none. */
  reward: number
  /** Probability with which the log's policy chose it, above 0. */
  propensity: number
  /** Probability with which the other policy would choose the same. */
  chance: number
  /** Reward that a model expects of what was chosen. */
  expectedOfChosen: number
  /** Reward that the model expects of the other policy: the mean over what it may choose. */
  expectedOfPolicy: number
}

/** How much a choice counts for the other policy: importance weight. */
export const weightOf = ({ chance, propensity }: Pick<LoggedChoice, 'chance' | 'propensity'>): number =>
  chance / propensity
