import { doublyRobustTerm, ipsTerm, type LoggedChoice, weightOf } from '../../metrics/index.ts'
import { bootstrapUsers, type Estimate } from './bootstrap.ts'
import type { JudgedRows } from './judged-rows.ts'
import type { Played, ScoreColumn } from './played.ts'

/**
 * Mean reward of showing in each slot what a learner's models rank there, from a log whose policy chose by known chances.
 * null: the log holds no such choice that counts, or none that the ranking would have made.
 */
export interface OffPolicy {
  /** Choices that count. */
  choices: number
  /** Of these, how many the ranking would have made too. */
  same: number
  /** Mean reward of the log's own policy. */
  logged: Estimate | null
  ips: Estimate | null
  snips: Estimate | null
  /** Doubly robust, with what the models themselves expect. */
  dr: Estimate | null
}

/** @param fallback what is said where nobody served, by row: a ranking by it is chance */
export function offPolicyOf(
  played: Pick<Played, 'rows' | 'choices'>,
  { places }: Pick<JudgedRows, 'places'>,
  { optionScores }: Pick<ScoreColumn, 'optionScores'>,
  { fallback, seed }: { fallback: Float32Array; seed: string },
): OffPolicy | null {
  const { rows, choices } = played
  const counts = new Set(places)
  const byUser = new Map<number, ReturnType<typeof emptySums>>()
  let same = 0
  for (const [at, row] of choices.rows.entries()) {
    if (!counts.has(row)) continue
    const [from, to] = [choices.options[at - 1] ?? 0, choices.options[at]!]
    const scores = optionScores
      .subarray(from, to)
      .map((score) => (Number.isNaN(score) ? fallback[row]! : score))
    const choice = {
      reward: rows.labels[row]!,
      propensity: choices.propensities[at]!,
      ...rankedAt(scores, choices.slots[at]!, choices.chosen[at]!),
    }
    if (choice.chance > 0) same += 1
    const user = rows.users[row]!
    const sums = byUser.get(user) ?? emptySums()
    byUser.set(user, sums)
    addChoice(sums, choice)
  }
  if (byUser.size === 0) return null
  const users = [...byUser.values()]
  const { choices: counted } = users.reduce((sum, one) => ({ ...sum, choices: sum.choices + one.choices }))
  return { choices: counted, same, ...bootstrapUsers(users, STATISTICS, seed) }
}

const emptySums = () => ({ choices: 0, rewards: 0, weights: 0, weighted: 0, robust: 0 })
type ChoiceSums = ReturnType<typeof emptySums>

function addChoice(sums: ChoiceSums, choice: LoggedChoice): void {
  sums.choices += 1
  sums.rewards += choice.reward
  sums.weights += weightOf(choice)
  sums.weighted += ipsTerm(choice)
  sums.robust += doublyRobustTerm(choice)
}

/** The estimators of `trainer/metrics/off-policy`, of sums. */
const STATISTICS = {
  logged: ({ rewards, choices }: ChoiceSums) => rewards / choices,
  ips: ({ weighted, choices }: ChoiceSums) => weighted / choices,
  snips: ({ weighted, weights }: ChoiceSums) => (weights === 0 ? null : weighted / weights),
  dr: ({ robust, choices }: ChoiceSums) => robust / choices,
}

/** What a ranking by these scores shows in a slot; options of equal scores are as likely there as one another. */
function rankedAt(
  scores: Float32Array,
  slot: number,
  chosen: number,
): Pick<LoggedChoice, 'chance' | 'expectedOfChosen' | 'expectedOfPolicy'> {
  const shown = Float32Array.from(scores)
    .sort()
    .at(-1 - Math.min(slot, scores.length - 1))!
  const alike = scores.reduce((count, score) => count + Number(score === shown), 0)
  const expectedOfChosen = scores[chosen]!
  return { chance: expectedOfChosen === shown ? 1 / alike : 0, expectedOfChosen, expectedOfPolicy: shown }
}
