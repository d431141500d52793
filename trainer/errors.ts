import type { ErrorPolicy } from '#schemas'

/** A feature set or label that the trainer's configuration does not fit. */
export class TrainerConfigError extends Error {
  override readonly name = 'TrainerConfigError'
  readonly code = 'trainer_config_invalid'
  readonly policy: ErrorPolicy = 'operator'
}
