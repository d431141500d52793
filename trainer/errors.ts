import type { ErrorPolicy } from '#schemas'

/** A feature set or label that the trainer's configuration does not fit. */
export class TrainerConfigError extends Error {
  override readonly name = 'TrainerConfigError'
  readonly code = 'trainer_config_invalid'
  readonly policy: ErrorPolicy = 'operator'
}

/** Why a model did not come of a fit. */
export type FitFailure =
  /** The learner threw. */
  | 'fit_failed'
  /** The thread died: out of memory, most likely. */
  | 'fit_worker_died'
  /** Longer than `fitMinutesMax`. */
  | 'fit_timeout'
  /** Nobody wants the model any more. */
  | 'fit_aborted'

/** The challenger makes no model this time; the next time is tried again, the feed goes on. */
export class FitError extends Error {
  override readonly name = 'FitError'
  readonly policy: ErrorPolicy = 'transient'
  readonly code: FitFailure

  constructor(code: FitFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
