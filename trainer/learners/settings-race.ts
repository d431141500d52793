import { logLossOf } from '../metrics/index.ts'
import type { OnlineExample, OnlineLearner } from './learner.ts'

/** Examples after which a loss counts a third in the mean of losses. */
const MEMORY_EXAMPLES = 20_000

interface Runner {
  name: string
  learner: OnlineLearner
  /** Fading mean of the log-loss of what it said before it learned, nats. */
  loss: number
}

/**
 * The same online learner with several settings, side by side: each learns every example, and who said best what came next
 * (log-loss, fading over 20,000 examples) speaks for all. Choosing so costs no data: every example judges before it teaches.
 *
 * Time and state: those of all of them.
 *
 * @param learners by the name of their settings, at least one; equal ones keep their order
 * @see A. P. Dawid (1984), Present Position and Potential Developments: Some Personal Views: Statistical Theory: The Prequential
 * Approach, Journal of the Royal Statistical Society A 147.
 */
export function createSettingsRace(learners: Readonly<Record<string, OnlineLearner>>): OnlineLearner {
  const runners = Object.entries(learners).map(([name, learner]): Runner => ({ name, learner, loss: 0 }))
  let seen = 0
  const best = () => runners.reduce((first, other) => (other.loss < first.loss ? other : first))

  return {
    get examples() {
      return best().learner.examples
    },
    predict: (vector) => best().learner.predict(vector),
    update(example: OnlineExample) {
      const speaker = best()
      let said = 0.5
      // The first losses count alike, so that no early one stays for long.
      const share = 1 / Math.min(++seen, MEMORY_EXAMPLES)
      for (const runner of runners) {
        const score = runner.learner.update(example)
        if (runner === speaker) said = score
        runner.loss += share * (logLossOf(score, example.label) - runner.loss)
      }
      return said
    },
    forget(share) {
      for (const { learner } of runners) learner.forget(share)
    },
    model() {
      const { name, learner } = best()
      const model = learner.model()
      return { ...model, facts: { ...model.facts, settings: name } }
    },
  }
}
