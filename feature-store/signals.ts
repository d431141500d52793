import type { SignalDeclaration } from '#streams'

/** Names of this part's metrics, for the code that counts. */
export const SIGNALS = {
  recordsApplied: 'feature_records_applied',
  interactionsRepeated: 'feature_interactions_repeated',
  interactionsLate: 'feature_interactions_late',
  attributesUnfit: 'feature_attributes_unfit',
  valuesUnfit: 'feature_values_unfit',
  copiesDropped: 'feature_copies_dropped',
  fenceRefusals: 'feature_fence_refusals',
  freshnessSeconds: 'feature_freshness_seconds',
  storeWaitedSeconds: 'feature_store_waited_seconds',
  lookupsMissing: 'feature_lookups_missing',
  lookupsPutOff: 'feature_lookups_put_off',
  lookupsGivenUp: 'feature_lookups_given_up',
  rebuildOffsets: 'feature_rebuild_offsets',
  readsAnswered: 'feature_reads_answered',
  readKeys: 'feature_read_keys',
  readSeconds: 'feature_read_seconds',
  rowsStale: 'feature_rows_stale',
  expectationsUnmet: 'feature_expectations_unmet',
  entities: 'feature_entities',
  entitiesDropped: 'feature_entities_dropped',
  statesKept: 'feature_states_kept',
  statesExpired: 'feature_states_expired',
  skewChecked: 'skew_vectors_checked',
  skewMismatched: 'skew_vectors_mismatched',
  skewSkipped: 'skew_predictions_skipped',
  skewShare: 'skew_mismatched_share',
  skewMirrored: 'skew_entities_mirrored',
} as const

const FRESHNESS_SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60, 600]
const READ_SECONDS = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]
const KEYS = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000]

/** What each of them means. */
export const FEATURE_SIGNALS: readonly SignalDeclaration[] = [
  { kind: 'counter', name: SIGNALS.recordsApplied, help: 'records folded into states', labels: ['stage'] },
  {
    kind: 'counter',
    name: SIGNALS.interactionsRepeated,
    help: 'interactions whose id came before (features.deduplicate): counted nowhere',
    labels: [],
  },
  {
    kind: 'counter',
    name: SIGNALS.interactionsLate,
    help: 'interactions that came too late to be folded (features.limits.lateSecondsMax): they are in the late topic',
    labels: [],
  },
  {
    kind: 'counter',
    name: SIGNALS.attributesUnfit,
    help: 'attribute values of users, items and requests (context) that features cannot see: unknown, mistyped, saturated',
    labels: ['of', 'attribute', 'reason'],
  },
  {
    kind: 'counter',
    name: SIGNALS.valuesUnfit,
    help: 'values of interactions that features take for missing: no number, or beyond features.limits.valueMax',
    labels: [],
  },
  {
    kind: 'counter',
    name: SIGNALS.copiesDropped,
    help: 're-keyed copies that were applied before',
    labels: [],
  },
  {
    kind: 'counter',
    name: SIGNALS.fenceRefusals,
    help: 'answers of the fence other than applied: stale, gap, lost, fenced',
    labels: ['stage', 'answer'],
  },
  {
    kind: 'histogram',
    name: SIGNALS.freshnessSeconds,
    help: "from the broker's record time to the written state, newest record of a batch",
    labels: ['stage'],
    buckets: FRESHNESS_SECONDS,
  },
  {
    kind: 'counter',
    name: SIGNALS.storeWaitedSeconds,
    help: 'sum of what slices waited for their write: near 1 a second and partition, Redis is the brake',
    labels: ['stage'],
  },
  {
    kind: 'counter',
    name: SIGNALS.lookupsMissing,
    help: 'folds that found no attributes of the item',
    labels: [],
  },
  {
    kind: 'counter',
    name: SIGNALS.lookupsPutOff,
    help: 'batches put off until item attributes catch up',
    labels: [],
  },
  {
    kind: 'counter',
    name: SIGNALS.lookupsGivenUp,
    help: 'waits for item attributes that made no progress: a replay may differ',
    labels: [],
  },
  {
    kind: 'gauge',
    name: SIGNALS.rebuildOffsets,
    help: 'offsets to apply before reads are ready',
    labels: ['stage', 'partition'],
  },
  {
    kind: 'counter',
    name: SIGNALS.readsAnswered,
    help: 'reads: vectors, not_ready, unavailable',
    labels: ['answer'],
  },
  { kind: 'histogram', name: SIGNALS.readKeys, help: 'keys of one read', labels: [], buckets: KEYS },
  {
    kind: 'histogram',
    name: SIGNALS.readSeconds,
    help: 'one read, store and arithmetic',
    labels: [],
    buckets: READ_SECONDS,
  },
  {
    kind: 'counter',
    name: SIGNALS.rowsStale,
    help: 'rows behind a stream that lags the request',
    labels: [],
  },
  {
    kind: 'counter',
    name: SIGNALS.expectationsUnmet,
    help: 'interactions and requests that are not as features.validation.suite expects; fatal ones are dead letters',
    labels: ['table', 'expectation', 'severity'],
  },
  {
    kind: 'gauge',
    name: SIGNALS.entities,
    help: 'users (interactions) and items (item-interactions) of a partition that count against features.limits.entitiesMax',
    labels: ['states', 'partition'],
  },
  {
    kind: 'counter',
    name: SIGNALS.entitiesDropped,
    help: 'users and items that were active least recently and made room: they start as new when they return',
    labels: ['states'],
  },
  {
    kind: 'gauge',
    name: SIGNALS.statesKept,
    help: 'states of users (interactions) and items (item-interactions) in Redis, all namespaces, at the last sweep (features.expiry.sweepHours)',
    labels: ['states'],
  },
  {
    kind: 'counter',
    name: SIGNALS.statesExpired,
    help: 'states removed from Redis after features.expiry.inactiveDays without an interaction, or because they made room',
    labels: ['states'],
  },
  {
    kind: 'counter',
    name: SIGNALS.skewChecked,
    help: 'served vectors that were computed again from the log',
    labels: [],
  },
  {
    kind: 'counter',
    name: SIGNALS.skewMismatched,
    help: 'those that differ, by feature; state_went_back: a state was older than one served before',
    labels: ['feature'],
  },
  {
    kind: 'counter',
    name: SIGNALS.skewSkipped,
    help: 'predictions of the sample that were not checked: rate, too_many, too_old, not_read, other_feature_set',
    labels: ['reason'],
  },
  {
    kind: 'gauge',
    name: SIGNALS.skewShare,
    help: 'part of the checked vectors of late that differ, 0 to 1 (features.skew.windowSeconds)',
    labels: [],
  },
  {
    kind: 'gauge',
    name: SIGNALS.skewMirrored,
    help: 'users and items whose states are kept beside the store',
    labels: ['entity'],
  },
]

/** Names of this part's log lines: the message is the event, its facts are fields. */
export const LOG_EVENTS = {
  partitionAcquired: 'feature_partition_acquired',
  /** The store is not where we left it: starting again from its fence. */
  partitionLost: 'feature_partition_lost',
  /** The store lost data: all stages start again from its fences. */
  storeWentBack: 'feature_store_went_back',
  /** `replay switch`: the stages start again on the namespace that is served now. */
  storeSwitched: 'feature_store_switched',
  /** The time of a namespace that was served before is over. */
  namespaceRemoved: 'feature_namespace_removed',
  /** Redis is away: the service waits for it, and says until when (`waitsSeconds`). */
  storeAwaited: 'feature_store_awaited',
  storeAnswers: 'feature_store_answers',
  /** Item attributes make no progress: folding without them, a replay may differ. */
  lookupsGivenUp: 'feature_lookups_given_up',
  rebuildFinished: 'feature_rebuild_finished',
  /** The configuration changed, and a model needs the old set: it is kept fresh beside the new one. */
  oldSetKept: 'feature_old_set_kept',
  oldSetNotKept: 'feature_old_set_not_kept',
  /** Readers found a set beside the configured one: models of it can serve. */
  otherSetRead: 'feature_other_set_read',
  /** No model needs it any more. */
  oldSetRemoved: 'feature_old_set_removed',
  /** The models topic cannot be read (a right is missing): every old set counts as needed. */
  modelsUnknown: 'feature_models_unknown',
  /** An example of what features.validation.suite does not expect: ids alone, one in half a minute for each expectation. */
  expectationUnmet: 'feature_expectation_unmet',
  /** A tombstone of the users or items topic: what is known of its entity ends. */
  erasedByTombstone: 'feature_erased_by_tombstone',
  /** States of erased entities that no fold would have removed. */
  erasedKeys: 'feature_erased_keys',
  /** Nobody had heard of them for features.expiry.inactiveDays, or they made room (features.limits.entitiesMax). */
  statesExpired: 'feature_states_removed',
  /** It is tried again after the next erasure, or when the service starts. */
  erasureSweepFailed: 'feature_erasure_sweep_failed',
  /** Served vectors are not what the log gives, and why that may be; then that they are again. */
  skewFound: 'skew_found',
  skewGone: 'skew_gone',
  /** The store is away: nothing is checked until it answers. */
  skewWaits: 'skew_waits',
} as const
