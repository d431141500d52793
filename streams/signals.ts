/**
 * One metric: its name says noun, past verb and unit; label values are few and known. Units are Prometheus' base units
 * (seconds, bytes); the registry puts `_total` behind counters.
 */
export interface SignalDeclaration {
  kind: 'counter' | 'gauge' | 'histogram'
  name: string
  help: string
  labels: readonly string[]
  /** Upper bounds of a histogram's buckets, in the unit of the name. */
  buckets?: readonly number[]
}

/** From one fetch round trip to a stalled stage. */
const SECONDS_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60]

/** What the streams part tells. Every name used with Signals in this part is here; signals.test.ts checks. */
export const STREAMS_SIGNALS = [
  { kind: 'counter', name: 'records_fetched', help: 'records read by a stage', labels: ['stage', 'topic'] },
  {
    kind: 'counter',
    name: 'records_dropped',
    help: 'records a step or follower dropped',
    labels: ['stage', 'topic', 'reason'],
  },
  {
    kind: 'counter',
    name: 'records_dead_lettered',
    help: 'records given up',
    labels: ['stage', 'topic', 'reason'],
  },
  {
    kind: 'counter',
    name: 'records_retried',
    help: 'records that will be tried again',
    labels: ['stage', 'topic', 'reason'],
  },
  {
    kind: 'counter',
    name: 'records_parked',
    help: 'attempts beyond retryAttemptsMax: while it grows a partition waits at a record; find out why (reason)',
    labels: ['stage', 'topic', 'reason'],
  },
  {
    kind: 'counter',
    name: 'steps_signaled',
    help: 'what steps noticed and let pass',
    labels: ['stage', 'topic', 'signal'],
  },
  {
    kind: 'histogram',
    name: 'batch_finished_seconds',
    help: 'decode to result',
    labels: ['stage', 'topic'],
    buckets: SECONDS_BUCKETS,
  },
  {
    kind: 'gauge',
    name: 'partition_lagged_records',
    help: 'end offset less position',
    labels: ['stage', 'topic', 'partition'],
  },
  {
    kind: 'gauge',
    name: 'partition_lagged_seconds',
    help: 'age of the last record read while more wait',
    labels: ['stage', 'topic', 'partition'],
  },
  {
    kind: 'counter',
    name: 'partitions_assigned',
    help: 'partitions gained in rebalances',
    labels: ['stage'],
  },
  {
    kind: 'counter',
    name: 'batches_abandoned',
    help: 'at work when the partition was lost',
    labels: ['stage'],
  },
  { kind: 'counter', name: 'batches_sought', help: 'a stage asked to begin elsewhere', labels: ['stage'] },
  {
    kind: 'counter',
    name: 'records_lost_to_retention',
    help: 'deleted by the broker before they were read',
    labels: ['stage', 'topic'],
  },
  {
    kind: 'counter',
    name: 'partitions_paused',
    help: 'a partition rests before it is tried again',
    labels: ['stage'],
  },
  { kind: 'counter', name: 'partitions_resumed', help: 'a resting partition goes on', labels: ['stage'] },
  {
    kind: 'counter',
    name: 'partitions_paused_seconds',
    help: 'sum of the rests partitions were given',
    labels: ['stage'],
  },
  { kind: 'counter', name: 'offsets_refused', help: 'commits the broker did not take', labels: ['stage'] },
  { kind: 'counter', name: 'consumers_restarted', help: 'after an outage of the brokers', labels: ['stage'] },
  {
    kind: 'counter',
    name: 'stages_stalled',
    help: 'no progress for stageProgressSecondsMax',
    labels: ['stage'],
  },
  { kind: 'counter', name: 'records_sent', help: 'outputs acknowledged', labels: ['outputs', 'topic'] },
  {
    kind: 'counter',
    name: 'records_resent',
    help: 'outputs kafkajs called sent but were not',
    labels: ['outputs', 'topic'],
  },
  {
    kind: 'counter',
    name: 'outputs_waited_seconds',
    help: 'sum of what batches waited for acknowledgements: near 1 a second and partition, the brokers are the brake',
    labels: ['outputs'],
  },
  {
    kind: 'gauge',
    name: 'outputs_held_bytes',
    help: 'written and not acknowledged; at outputsBytesMax the stage stops',
    labels: ['outputs'],
  },
  { kind: 'counter', name: 'producers_replaced', help: 'after a final failure', labels: ['outputs'] },
] as const satisfies readonly SignalDeclaration[]

/** What log lines of this part say: the message is the event, its facts are fields. */
export const LOG_EVENTS = {
  partitionsAssigned: 'partitions_assigned',
  /** A consumer that kafkajs gave up; another one takes its place. */
  consumerReplaced: 'consumer_replaced',
  /** After an outage of the brokers. */
  consumerRestarted: 'consumer_restarted',
  /** Between a crash and its restart: there is nobody to pause or resume. */
  consumerAway: 'consumer_away',
  /** The next one tells whether the partitions are still ours. */
  heartbeatRefused: 'heartbeat_refused',
  /** Sent again, unless the group is being divided anew. */
  offsetsRefused: 'offsets_refused',
  /** The brokers do not tell the watchdog whether there is something to read. */
  progressUnknown: 'progress_unknown',
  topicsUnknown: 'topics_unknown',
  stageStopped: 'stage_stopped',

  recordDeadLettered: 'record_dead_lettered',
  /** It cannot be read yet: it is tried again, `parked` or not. */
  recordPostponed: 'record_postponed',
  /** An ERROR: its partition waits at it until it can be read, the others go on. */
  recordParked: 'record_parked',
  /** A follower leaves it out. */
  recordDropped: 'record_dropped',
  /** Deleted by retention before it was read; the reader goes on behind. An ERROR when a stage lost them. */
  recordsLost: 'records_lost_to_retention',

  followerStarted: 'follower_started',
  followerStopped: 'follower_stopped',
  simulatorStopped: 'simulator_stopped',
  metricsListening: 'metrics_listening',
  /** The npm that started this process has ended: the process ends, too. */
  npmGone: 'npm_gone',

  /** kafkajs left partitions out of a send that it calls done. */
  recordsResent: 'records_resent',
  producerNotDisconnected: 'producer_not_disconnected',
  /** Its connections are made anew. */
  brokerSilent: 'broker_silent',
  questionAskedAgain: 'question_asked_again',
  fetchFailed: 'fetch_failed',
  metadataNotRefreshed: 'metadata_not_refreshed',
  /** What kafkajs logs, in its own words (`said`). */
  kafkajsSaid: 'kafkajs_said',
} as const
