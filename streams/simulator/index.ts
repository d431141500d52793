export {
  INJECTION_KINDS,
  injectionSchema,
  simulatorConfigSchema,
  type Injection,
  type InjectionKind,
  type SimulatorConfig,
} from './config.ts'
export { createRandom, type Random } from './random.ts'
export type { Emission } from './emission.ts'
export { createFeedSimulation, type FeedSimulation } from './simulation.ts'
export { createFeedPlayer, type FeedPlayer, type FeedPlayerCounts } from './feed-player.ts'
export {
  startSimulator,
  usualStartMs,
  type RunningSimulator,
  type StartSimulatorOptions,
} from './kafka-simulator.ts'
export { normalizedEntropyOf, type Truth, type TruthSums } from './truth.ts'
export { parseInjection, parseSpeed } from './injection-text.ts'
export { registerSimulateCommands } from './commands.ts'
