import type { TrainerConfig } from '../../config.ts'
import { LEARNERS } from '../../learners/index.ts'
import { learnerChoiceSchema } from '../../learners/choice.ts'
import { BacktestError } from './errors.ts'

/**
 * The feed with these learners: those it declares under such a name, else one of the list with its
 * default settings.
 *
 * @param names none: those of the feed
 * @throws BacktestError naming the one that there is not
 */
export function withLearners(config: TrainerConfig, names: readonly string[]): TrainerConfig {
  if (names.length === 0) return config
  const learners = [...new Set(names)].map((name) => {
    const declared = config.learners.find((choice) => choice.name === name)
    if (declared !== undefined) return declared
    if (Object.hasOwn(LEARNERS, name)) return learnerChoiceSchema.parse({ use: name })
    const known = [...new Set([...config.learners.map((choice) => choice.name), ...Object.keys(LEARNERS)])]
    throw new BacktestError(
      'backtest_learner_unknown',
      name === 'external'
        ? 'The learner external needs a program: declare it among the learners of a feed, with its `command`, and give that as --config.'
        : `There is no learner ${name}: choose among ${known.join(', ')}.`,
    )
  })
  return { ...config, learners }
}
