import type { LearnerChoice } from '../../learners/choice.ts'
import { LEARNERS } from '../../learners/index.ts'
import { withLearners } from '../backtest/chosen-learners.ts'
import type { TriedFeed } from '../backtest/played.ts'
import { isProgram, programChoice, PROGRAMS } from './fs-learner-programs.ts'

/** What `--learner` takes beside the names of the feed's own. */
export const LEARNER_NAMES: readonly string[] = [...Object.keys(LEARNERS), ...Object.keys(PROGRAMS)].filter(
  (name) => name !== 'external',
)

/** The learner of this name, of the feed or of the list, with its seed. */
export function chosenLearner(
  { learner, python, seed }: { learner: string; python: string; seed: number },
  { trainer }: TriedFeed,
): LearnerChoice {
  const isOwn = trainer.learners.some(({ name }) => name === learner)
  const choice =
    isProgram(learner) && !isOwn
      ? programChoice(learner, python)
      : withLearners(trainer, [learner]).learners[0]!
  return { ...choice, seed } as LearnerChoice
}
