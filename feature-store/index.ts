export { MISSING, STALE, TOO_OLD, UNSCORED } from './contract.ts'
export type {
  BucketColumns,
  FeatureAnswer,
  FeatureReader,
  FeatureRequest,
  FeatureSet,
  FeatureSets,
  FeatureVectors,
} from './contract.ts'

export { featureStoreConfigSchema, parseFeatureStoreConfig } from './config.ts'
export type { FeatureStoreConfig, FeatureStoreConfigInput } from './config.ts'
export { DEFAULT_FEATURES } from './default-features.ts'
export { genericFeatures } from './generic-features.ts'
export type { AttributeFacts, GenericFeaturesOptions } from './generic-features.ts'
export * from './kinds/index.ts'
export { asShown } from './vectors/as-shown.ts'
export { isTimeZone, zoneOffsetMs } from './vectors/zone-offset.ts'
export { nameOfDefinition } from './definitions.ts'
export type { FeatureDefinition } from './definitions.ts'
export { judgeAttributes } from './attributes/judge-attributes.ts'
export { featureWarnings, numberRanges } from './feature-warnings.ts'
export { compileFeatureSet } from './feature-set.ts'
export { unscoredRows } from './unscored-rows.ts'
export type { CompiledFeatureSet } from './feature-set.ts'

export { startFeatureStore } from './feature-store.ts'
export type { FeatureStoreOptions } from './feature-store.ts'
export { createFeatureReader } from './reader.ts'
export { type FollowedSets, followFeatureSets, keptSetIds } from './redis-feature-sets.ts'
export { openRedisStore } from './redis-store.ts'
export type { RedisStoreOptions } from './redis-store.ts'
export { partitionTag } from './state-store.ts'
export type { ApplyRequest, FreshPartition, StateKey, StateStore, StoreReading } from './state-store.ts'
export { isReady } from './fence.ts'
export type { ApplyAnswer, Fence } from './fence.ts'

export { createReplay } from './replay/replay.ts'
export type { LoggedRecord, Replay, ReplayedEntity, ReplayedTopic, ReplayOptions } from './replay/replay.ts'
export { createFeaturesInOrder } from './replay/features-in-order.ts'
export type { FeaturesInOrder, InOrderVerdict } from './replay/features-in-order.ts'
export { compareStore } from './replay/compare-store.ts'
export type { EntityComparison } from './replay/compare-store.ts'
export { checkPrediction } from './replay/check-prediction.ts'
export type { PredictionCheck, StateSource, VectorMismatch } from './replay/check-prediction.ts'
export { runSkew } from './skew/process-skew.ts'
export { SKEW_MONITOR } from './skew/skew-event.ts'
export type { SkewReading } from './skew/skew-tally.ts'
export { type RunningSkew, type SkewOptions, startSkew } from './skew/start-skew.ts'
export { describeAttributes, describeState } from './describe-state.ts'

export { awaitFeedStore, openFeedStore, registerFeatureStoreCommands, runFeatures } from './commands.ts'
export type { FeatureCommandsConfig } from './commands.ts'
export { eraseEntity } from './erasure/process-erase.ts'
export type { EraseOptions } from './erasure/process-erase.ts'
export { type ErasedPlace, type ErasureReceipt, receiptText } from './erasure/receipt.ts'
export { startErasures } from './erasure/process-erasures.ts'
export type { RunningErasures } from './erasure/process-erasures.ts'
export { registerReplayCommands } from './shadow/commands.ts'
export { registerArchiveCommand } from './archive/archive-commands.ts'
export type { ArchivePlace } from './archive/archive-place.ts'
export { eraseFromArchive } from './archive/erase-archive.ts'
export { openArchiveFolder } from './archive/fs-archive-place.ts'
export { examineStates } from './process-examine.ts'
export { outlookNow } from './shadow/kafka-outlook.ts'
export { type Outlook, outlookLines, unbuiltWords } from './shadow/outlook.ts'
export type { ReplayContext } from './shadow/session.ts'
export { FEATURE_SIGNALS, LOG_EVENTS as FEATURE_LOG_EVENTS } from './signals.ts'
export { createMemoryStore } from './memory-store.ts'
export type { MemoryStoreOptions } from './memory-store.ts'
export type { MemoryStoreBounds } from './memory-states.ts'

export {
  createTellUnmet,
  inferSuite,
  openSuite,
  requestsAsExpected,
  SuiteError,
  validateTables,
} from './validation/index.ts'
export type {
  Expectation,
  InferOptions,
  InferredSuite,
  OpenedExpectation,
  Suite,
  TellUnmet,
  Unmet,
  ValidateOptions,
  ValidationReport,
  Verdict,
} from './validation/index.ts'
