import type { SignalDeclaration } from '#streams'

const SECONDS_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]
const ROWS_BUCKETS = [1, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]

/** What the scorer tells. Every name used with Signals in this part is here; signals.test.ts checks. */
export const SCORER_SIGNALS = [
  { kind: 'counter', name: 'requests_scored', help: 'answered by a model', labels: [] },
  { kind: 'counter', name: 'requests_fell_back', help: 'answered without a model', labels: ['reason'] },
  { kind: 'counter', name: 'requests_explored', help: 'answered in a random order on purpose', labels: [] },
  {
    kind: 'counter',
    name: 'candidates_unscored',
    help: 'not scored, because a feature with whenMissing dropCandidate is missing or too old',
    labels: ['reason'],
  },
  { kind: 'counter', name: 'requests_late', help: 'older than lateAfterMs when fetched', labels: [] },
  { kind: 'counter', name: 'request_tombstones_dropped', help: 'requests without a value', labels: [] },
  {
    kind: 'histogram',
    name: 'micro_batch_scored_rows',
    help: 'candidates in one model call',
    labels: [],
    buckets: ROWS_BUCKETS,
  },
  {
    kind: 'histogram',
    name: 'store_read_seconds',
    help: 'vectors of one micro-batch',
    labels: [],
    buckets: SECONDS_BUCKETS,
  },
  {
    kind: 'histogram',
    name: 'model_called_seconds',
    help: 'scores of one micro-batch',
    labels: [],
    buckets: SECONDS_BUCKETS,
  },
  { kind: 'counter', name: 'model_calls_failed', help: 'the live model gave no scores', labels: ['code'] },
  { kind: 'counter', name: 'models_swapped', help: 'another model went live', labels: [] },
  { kind: 'counter', name: 'model_refused', help: 'a promoted model may not serve', labels: ['code'] },
  { kind: 'gauge', name: 'model_live', help: '1 while a model is live', labels: [] },
  {
    kind: 'counter',
    name: 'artifacts_refused',
    help: 'pieces of model files that cannot be',
    labels: ['reason'],
  },
  {
    kind: 'counter',
    name: 'artifacts_evicted',
    help: 'model files dropped for artifactsHeldBytesMax',
    labels: [],
  },
  {
    kind: 'counter',
    name: 'http_requests_answered',
    help: 'answers by status class',
    labels: ['route', 'status'],
  },
  {
    kind: 'histogram',
    name: 'http_answered_seconds',
    help: 'from a request to its answer, waiting included',
    labels: ['route'],
    buckets: SECONDS_BUCKETS,
  },
  {
    kind: 'gauge',
    name: 'http_requests_waiting',
    help: 'not taken into a micro-batch yet; at http.waitingMax more are refused (503)',
    labels: [],
  },
  {
    kind: 'counter',
    name: 'http_predictions_unrecorded',
    help: 'answered before the record was acknowledged',
    labels: [],
  },
] as const satisfies readonly SignalDeclaration[]

/** Log messages of the scorer that people and alerts look for. */
export const LOG_EVENTS = {
  modelSwapped: 'model_swapped',
  modelRefused: 'model_refused',
  modelAwaitsArtifact: 'model_awaits_artifact',
  modelCallFailed: 'model_call_failed',
  artifactRefused: 'artifact_refused',
  artifactEvicted: 'artifact_evicted',
  artifactNotReadAgain: 'artifact_not_read_again',
  storeUnavailable: 'store_unavailable',
  httpListening: 'http_listening',
  httpPredictionUnrecorded: 'http_prediction_unrecorded',
  httpFailed: 'http_failed',
  scorerStopFailed: 'scorer_stop_failed',
} as const
