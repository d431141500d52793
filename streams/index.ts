// What a service is given, and what it writes
export type { Addresses, CommandContext, KafkaAddress, RedisAddress } from './contract.ts'
export type {
  Batch,
  BatchResult,
  Check,
  Checks,
  Clock,
  ConnectedRuntime,
  Follower,
  Logger,
  OpenedOutputs,
  Outputs,
  RunningService,
  RunningStage,
  Runtime,
  Signals,
  Stage,
  StageRecord,
} from './stage.ts'
export { topicChanged, type TopicIdentity } from './topic-identity.ts'
export { deadLetter, pass, type RecordMeta, type Step, type Verdict } from './verdict.ts'
export type { RawRecord } from './raw-record.ts'
export { decodeRecord } from './decode-record.ts'

// Settings, logs, metrics, errors
export { EARLIEST_EVENT_MS, type StreamsConfig, streamsConfigSchema } from './config.ts'
export { createLogger, silentLogger } from './log.ts'
export { createSignals, type SignalRegistry, silentSignals } from './signal-registry.ts'
export { type SignalDeclaration, LOG_EVENTS as STREAMS_LOG_EVENTS } from './signals.ts'
export { codeOf, describeFailure, OperatorError, StageKilledError } from './errors.ts'

// Steps that several stages share, and small things
export { clampFuture, type ClampFutureOptions } from './steps/clamp-future.ts'
export { misplaced, noteMisplaced, rightPartition, rightTombstone } from './steps/right-partition.ts'
export { guessedUnit } from './steps/guess-unit.ts'
export { refuseAbsurdTime } from './steps/refuse-absurd-time.ts'
export { partitionOf } from './partitioner.ts'
export { type Closers, createClosers, openAll } from './closers.ts'
export { deferred } from './deferred.ts'
export { UTF8_BYTES_PER_UNIT_MAX, writeUtf8 } from './write-utf8.ts'
export { table } from './table.ts'

// Clients: how each service is reached is said there and nowhere else
export { createPlainKafka } from './kafka/kafka-client.ts'
export { kafkaSettingsOf } from './kafka/kafka-settings.ts'
export {
  createRedis,
  explainRedis,
  primariesOf,
  readingAddress,
  type RedisClient,
  refuseUnservedSlots,
  watchCauses,
} from './redis-client.ts'
export { redisPlace } from './redis-access.ts'
export { type HttpRequest, requestHttp } from './http-client.ts'

// The runtime on real brokers, and what is asked of them without a group
export { catalogueOf, connectRuntime, type KafkaRuntime } from './kafka/kafka-runtime.ts'
export { openTopicCursor, readTopic } from './kafka/kafka-read-topic.ts'
export type { LogCursor } from './kafka/kafka-log-cursor.ts'
export type { EarlierRecords } from './earlier-records.ts'
export { type RecordHeader, headersOf } from './kafka/wire/record-headers.ts'
export { askAgain, lookingAt } from './kafka/kafka-ask-again.ts'
export { applyTopics, deleteTopics, topicsBelow } from './kafka/kafka-topics.ts'
export { type LagReader, openLagReader } from './kafka/kafka-lag.ts'
export { readDeadLetters, readLetters } from './kafka/kafka-dead-letters.ts'
export { recentLetters } from './kafka/kafka-recent-letters.ts'
export { lettersByReason, type LettersOfReason, lettersText } from './recent-letters.ts'

// What was erased, for whoever reads
export {
  createErasureBook,
  type ErasureBook,
  type Erasures,
  leaveOutErased,
  NO_ERASURES,
  type PlacedRecord,
} from './erasures/erasure-book.ts'
export { type FollowedErasures, followErasures } from './erasures/follow-erasures.ts'
export { readErasures } from './erasures/kafka-read-erasures.ts'

// The edge: the feed file, probes, processes, commands
export { addProbes, type Listening, listenOn } from './http-probes.ts'
export { addRefusals, type FieldError, refuse } from './http-problem.ts'
export { createReadiness, type Readiness } from './http-readiness.ts'
export { createServices } from './services.ts'
export { brokersCheck, joinedCheck } from './checks.ts'
export { startMetricsServer } from './http-metrics.ts'
export { FeedFileError } from './feed-file-error.ts'
export { loadFeedFile, writeFeedFile } from './fs-feed-file.ts'
export { onStopAsked } from './process-stop-asked.ts'
export { untilStopped } from './process-until-stopped.ts'
export { collectRarely } from './process-garbage-collection.ts'
export { registerStreamsCommands } from './commands.ts'
export { ASK_ONCE } from './doctor/ask-once.ts'
export { type Finding, ok, warning } from './doctor/finding.ts'
export type { Samples } from './doctor/samples.ts'

// The local stack
export { type Environment, environmentOf } from './stack/addresses.ts'
export { said, secretEnvironment, secretOf } from './stack/access-environment.ts'
export { once } from './stack/all-or-none.ts'
export { STACK_DIR_DEFAULT } from './stack/layout.ts'
export { progressLine, type StackProgress } from './stack/progress.ts'
export { stackDown } from './stack/stack-down.ts'
export { resolveAddresses } from './stack/stack-status.ts'
export { stackUp } from './stack/stack-up.ts'

// The simulated feed
export { type SimulatorConfig, simulatorConfigSchema } from './simulator/config.ts'
export { createRandom, type Random } from './simulator/random.ts'
export { createFeedSimulation, type FeedSimulation } from './simulator/simulation.ts'
export { createFeedPlayer, type FeedPlayer } from './simulator/feed-player.ts'
export { type RunningSimulator, startSimulator, usualStartMs } from './simulator/kafka-simulator.ts'
export { normalizedEntropyOf } from './simulator/truth.ts'
export { parseSpeed } from './simulator/injection-text.ts'

// The runtime in memory
export { createMemoryRuntime, type MemoryRuntime } from './memory/memory-runtime.ts'

// Pages that people keep
export { escapedHtml, fixedText, type HtmlRow, htmlTable } from './page/html.ts'
export { PAGE_STYLE } from './page/page-style.ts'
