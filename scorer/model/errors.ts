/** What a model file may be refused for. Stable: logged, counted and written into rejection reasons. */
export const MODEL_REFUSALS = [
  'bytes_differ',
  'sha256_differs',
  'not_loadable',
  'input_differs',
  'output_differs',
  'golden_malformed',
  'golden_differs',
  'output_not_probability',
  'feature_set_differs',
  'calibration_unknown',
  'manifest_malformed',
  'worker_failed',
] as const
export type ModelRefusal = (typeof MODEL_REFUSALS)[number]

/** This model must not serve: what differs is in the message. The model is the poison, not the record. */
export class ModelRefusedError extends Error {
  override readonly name = 'ModelRefusedError'
  readonly policy = 'poison'
  readonly code: ModelRefusal

  constructor(code: ModelRefusal, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Why one call to an open model failed. */
export type ModelCallFailure =
  /** The vectors hold NaN or Infinity, or not rows x width numbers: our own mistake, the session is fine. */
  | 'input_not_finite'
  | 'input_shape'
  /** The session answered something else than probabilities. */
  | 'output_not_probability'
  /** The runtime threw. */
  | 'run_failed'
  /** More calls wait than `callsMax`. */
  | 'queue_full'
  /** No answer within `callMsMax`: the worker is started anew. */
  | 'call_timeout'
  /** The worker died; a new one is started by a later call. */
  | 'worker_died'
  | 'session_closed'

const POLICY_OF_FAILURE = {
  input_not_finite: 'bug',
  input_shape: 'bug',
  output_not_probability: 'poison',
  run_failed: 'poison',
  queue_full: 'transient',
  call_timeout: 'transient',
  worker_died: 'transient',
  session_closed: 'bug',
} as const

/** One prediction call failed. `policy` says whether another try may help. */
export class ModelCallError extends Error {
  override readonly name = 'ModelCallError'
  readonly code: ModelCallFailure
  readonly policy: 'transient' | 'poison' | 'bug'

  constructor(code: ModelCallFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.policy = POLICY_OF_FAILURE[code]
  }
}
