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
export { type FeedloopProcess, startFeedloop } from './process-feedloop.ts'
export { until } from './until.ts'
