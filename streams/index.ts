export type { Addresses, CommandContext, KafkaAddress, RedisAddress } from './contract.ts'
export type {
  Batch,
  BatchResult,
  Clock,
  Follower,
  Logger,
  Outputs,
  RunningStage,
  Runtime,
  Signals,
  Stage,
  StageRecord,
} from './stage.ts'
export { deadLetter, drop, pass, retry, type RecordMeta, type Step, type Verdict } from './verdict.ts'
export type { RawRecord } from './raw-record.ts'

export { type StreamsConfig, streamsConfigSchema, type StreamsLimits, streamsLimitsSchema } from './config.ts'
export { createLogger, LOG_LEVELS, type LoggerOptions, type LogLevel, silentLogger } from './log.ts'
export { createSignals, SIGNAL_PREFIX, type SignalRegistry, silentSignals } from './signal-registry.ts'
export { type SignalDeclaration, LOG_EVENTS as STREAMS_LOG_EVENTS, STREAMS_SIGNALS } from './signals.ts'
export {
  codeOf,
  describeFailure,
  type ErrorPolicy,
  KafkaBugError,
  KafkaTransientError,
  OperatorError,
  OutputsFullError,
  type PolicyError,
  policyOf,
  RecordTooLargeError,
  StageKilledError,
} from './errors.ts'

export { clampFuture, type ClampFutureOptions } from './steps/clamp-future.ts'
export { refuseAbsurdTime } from './steps/refuse-absurd-time.ts'
export { murmur2, partitionOf } from './partitioner.ts'
export { type Closers, createClosers, openAll } from './closers.ts'
export { deferred } from './deferred.ts'
export { UTF8_BYTES_PER_UNIT_MAX, writeUtf8 } from './write-utf8.ts'

export { catalogueOf, connectRuntime, type ConnectOptions, type KafkaRuntime } from './kafka/kafka-runtime.ts'
export { createPlainKafka } from './kafka/kafka-client.ts'
export { kafkaSettingsOf } from './kafka/kafka-settings.ts'
export { askRedisOnce, createRedis } from './redis-client.ts'
export { requestHttp } from './http-client.ts'
export { readTopic, type ReadTopicOptions } from './kafka/kafka-read-topic.ts'
export { applyTopics, deleteTopics, describeTopics } from './kafka/kafka-topics.ts'
export type { FoundTopic, TopicChange, WantedTopic } from './topics.ts'
export { type LagReader, openLagReader, type TopicLag, topicLags } from './kafka/kafka-lag.ts'
export { readDeadLetters, requeueDeadLetters } from './kafka/kafka-dead-letters.ts'
export type { FoundLetter, LetterFilter } from './dead-letters.ts'
export { table } from './table.ts'
export { addProbes, type Listening, listenOn } from './http-probes.ts'
export { startMetricsServer } from './http-metrics.ts'
export { FeedFileError } from './feed-file-error.ts'
export { FEED_FILE, type FeedFileSource, loadFeedFile, writeFeedFile } from './fs-feed-file.ts'
export { untilStopped } from './process-until-stopped.ts'
export { collectRarely } from './process-garbage-collection.ts'
export { registerStreamsCommands } from './commands.ts'

export * from './stack/index.ts'
export * from './simulator/index.ts'

export { createTopologyTestDriver, type TopologyTestDriver } from './memory/topology-test-driver.ts'
export type { CrashMoment } from './memory/memory-group.ts'
