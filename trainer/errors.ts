import type { ErrorPolicy } from '#schemas'

/** A feature set or label that the trainer's configuration does not fit. */
export class TrainerConfigError extends Error {
  override readonly name = 'TrainerConfigError'
  readonly code = 'trainer_config_invalid'
  readonly policy: ErrorPolicy = 'operator'
}

/** A detector was given a value that is no finite number. */
export class DetectorValueError extends Error {
  override readonly name = 'DetectorValueError'
  readonly code = 'detector_value_invalid'
  readonly policy: ErrorPolicy = 'bug'
  constructor(
    readonly detector: string,
    value: number,
  ) {
    super(`${detector} takes finite numbers only, not ${value}`)
  }
}

/** A saved state from which a detector cannot go on. */
export class DetectorStateError extends Error {
  override readonly name = 'DetectorStateError'
  readonly code = 'detector_state_invalid'
  readonly policy: ErrorPolicy = 'bug'
  constructor(
    readonly detector: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${detector} cannot go on from this state: ${reason}`, options)
  }
}

/** Why a model did not come of a fit. */
export type FitFailure =
  /** The learner threw. */
  | 'fit_failed'
  /** A window without rows. */
  | 'fit_empty'
  /** A window in which all examples have the same label. */
  | 'fit_one_label'
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
