export { registerScorerCommands, runScorer } from './commands.ts'
export { startScorer } from './start-scorer.ts'
export { scorerConfigSchema } from './config.ts'
export { SCORER_SIGNALS } from './signals.ts'
