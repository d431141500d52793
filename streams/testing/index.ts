export {
  createTopologyTestDriver,
  type TopologyTestDriver,
  type TopologyTestDriverOptions,
} from './topology-test-driver.ts'
export type { CrashMoment } from './memory-group.ts'
export {
  runtimeConformance,
  type RuntimeConformanceCase,
  type RuntimeHarness,
} from './runtime-conformance.ts'
export { startFeedloop } from './process-feedloop.ts'
export { type NaiveCounterOptions, startNaiveCounter } from './process-naive-counter.ts'
export { type FeedloopProcess, startSource } from './process-node.ts'
export { openTestStack, type TestStack } from './process-test-stack.ts'
export { until } from './until.ts'
