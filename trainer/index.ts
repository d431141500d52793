export {
  type DriftConfig,
  type LabelConfig,
  type PromotionConfig,
  type TrainerConfig,
  trainerConfigSchema,
  type TrainerLimits,
} from './config.ts'
export { external, type LearnerChoiceInput } from './learners/choice.ts'
export { type FtrlConfig } from './learners/ftrl.ts'
export { startTrainer, type TrainerOptions } from './start-trainer.ts'
export { registerTrainerCommands, runTrainer, type TrainerFeedConfig } from './commands.ts'
export { examplesReplays } from './rejoin/rejoin-commands.ts'
export { liveModelOf } from './models-commands.ts'
export { exampleIdOf } from './joiner/example-of.ts'
export { TrainerConfigError } from './errors.ts'
export { LOG_EVENTS as TRAINER_LOG_EVENTS, TRAINER_SIGNALS } from './signals.ts'
