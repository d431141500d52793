import type { SignalDeclaration } from '#streams'

/** Names of this part's metrics, for the code that counts. */
export const SIGNALS = {
  recordsApplied: 'feature_records_applied',
  copiesDropped: 'feature_copies_dropped',
  fenceRefusals: 'feature_fence_refusals',
  freshnessMs: 'feature_freshness_ms',
  storeWaitedMs: 'feature_store_waited_ms',
  lookupsMissing: 'feature_lookups_missing',
  lookupsPutOff: 'feature_lookups_put_off',
  lookupsGivenUp: 'feature_lookups_given_up',
  rebuildOffsets: 'feature_rebuild_offsets',
  readsAnswered: 'feature_reads_answered',
  readKeys: 'feature_read_keys',
  readMs: 'feature_read_ms',
  rowsStale: 'feature_rows_stale',
} as const

const FRESHNESS_MS = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000, 600_000]
const READ_MS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000]
const KEYS = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000]

/** What each of them means. */
export const FEATURE_SIGNALS: readonly SignalDeclaration[] = [
  { kind: 'counter', name: SIGNALS.recordsApplied, help: 'records folded into states', labels: ['stage'] },
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
    name: SIGNALS.freshnessMs,
    help: "from the broker's record time to the written state, newest record of a batch",
    labels: ['stage'],
    buckets: FRESHNESS_MS,
  },
  {
    kind: 'counter',
    name: SIGNALS.storeWaitedMs,
    help: 'sum of what slices waited for their write: near 1000 a second and partition, Redis is the brake',
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
    name: SIGNALS.readMs,
    help: 'one read, store and arithmetic',
    labels: [],
    buckets: READ_MS,
  },
  {
    kind: 'counter',
    name: SIGNALS.rowsStale,
    help: 'rows behind a stream that lags the request',
    labels: [],
  },
]

/** Names of this part's log lines: the message is the event, its facts are fields. */
export const LOG_EVENTS = {
  partitionAcquired: 'feature_partition_acquired',
  /** The store is not where we left it: starting again from its fence. */
  partitionLost: 'feature_partition_lost',
  /** The store lost data: all stages start again from its fences. */
  storeWentBack: 'feature_store_went_back',
  /** Item attributes make no progress: folding without them, a replay may differ. */
  lookupsGivenUp: 'feature_lookups_given_up',
  rebuildFinished: 'feature_rebuild_finished',
} as const
