import type { ErrorPolicy } from '#schemas'

/** Why MLflow did not take something. */
export type TrackingRefusal =
  /** Nobody answers at its address. */
  | 'away'
  /** No answer within the bound. */
  | 'slow'
  /** 401, or 403 for the user. */
  | 'login'
  /** 403: it does not serve under this name. */
  | 'host'
  /** 429. */
  | 'busy'
  /** 5xx. */
  | 'failing'
  /** Too old, or no MLflow at all. */
  | 'version'
  /** It keeps artifacts where we cannot write. */
  | 'artifacts'
  /** What was sent is wrong by its rules: the run's own fault. */
  | 'invalid'

/** MLflow is away, slow or refuses: a sentence that says which and what to do. */
export class TrackingError extends Error {
  override readonly name = 'TrackingError'
  readonly code: string
  readonly policy: ErrorPolicy = 'transient'
  readonly refusal: TrackingRefusal
  /** As the server asked by Retry-After. */
  readonly retryAfterMs: number | undefined

  constructor(
    refusal: TrackingRefusal,
    message: string,
    { retryAfterMs, ...options }: ErrorOptions & { retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options)
    this.refusal = refusal
    this.code = `tracking_${refusal}`
    this.retryAfterMs = retryAfterMs
  }
}

/** A run folder that cannot be read: it stays where it is, the others go on. */
export class RunInvalidError extends Error {
  override readonly name = 'RunInvalidError'
  readonly code = 'run_invalid'
  readonly policy: ErrorPolicy = 'operator'
  constructor(
    readonly place: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${place} cannot be sent: ${reason}. Correct it, or remove its folder.`, options)
  }
}
