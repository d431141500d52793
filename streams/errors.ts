import { type ErrorPolicy, withoutSecrets } from '#schemas'

export type { ErrorPolicy } from '#schemas'

/** An error that says what the one who catches it should do. `code` is stable; the message is for people. */
export interface PolicyError extends Error {
  readonly code: string
  readonly policy: ErrorPolicy
}

/** A person must change something outside the program; the message says what. Exit code 1. */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError'
  readonly policy: ErrorPolicy = 'operator'
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** The brokers, or the connection to them, failed in a way that passes by itself. */
export class KafkaTransientError extends Error {
  override readonly name = 'KafkaTransientError'
  readonly code = 'kafka_transient'
  readonly policy: ErrorPolicy = 'transient'
}

/** Kafka refused what the program asked: the program is wrong. */
export class KafkaBugError extends Error {
  override readonly name = 'KafkaBugError'
  readonly code = 'kafka_bug'
  readonly policy: ErrorPolicy = 'bug'
}

/** A record is larger than the topic takes. */
export class RecordTooLargeError extends Error {
  override readonly name = 'RecordTooLargeError'
  readonly code = 'record_too_large'
  readonly policy: ErrorPolicy = 'poison'
}

/** A stage does not finish what it has; the process must begin anew, and the partitions go to others meanwhile. */
export class StageStuckError extends Error {
  override readonly name = 'StageStuckError'
  readonly code = 'stage_stuck'
  /** It may be the record: it counts as a death of it. */
  readonly policy: ErrorPolicy = 'bug'
  constructor(stage: string, what: string, seconds: number) {
    super(
      `stage ${stage} has not finished ${what} for ${seconds} s (limits.stageProgressSecondsMax); restart the process`,
    )
  }
}

/** A consumer does not fetch what waits for it, although the brokers answer. */
export class ConsumerSilentError extends Error {
  override readonly name = 'ConsumerSilentError'
  readonly code = 'consumer_silent'
  readonly policy: ErrorPolicy = 'transient'
  constructor(stage: string, what: string, seconds: number) {
    super(
      `the consumer of stage ${stage} stopped ${what} ${seconds} s ago although records wait ` +
        '(limits.stageProgressSecondsMax); restart the process',
    )
  }
}

/** More was added to outputs than they may hold: flush more often. */
export class OutputsFullError extends Error {
  override readonly name = 'OutputsFullError'
  readonly code = 'outputs_full'
  readonly policy: ErrorPolicy = 'bug'
  constructor(bytes: number, bytesMax: number) {
    super(
      `outputs hold ${bytes} unacknowledged bytes and may hold ${bytesMax} (limits.outputsBytesMax): flush first`,
    )
  }
}

/** The stage was killed on purpose, by a test or by `crash` of the topology test driver. */
export class StageKilledError extends Error {
  override readonly name = 'StageKilledError'
  readonly code = 'stage_killed'
  readonly policy: ErrorPolicy = 'transient'
}

/** The policy an error states; unknown errors are bugs: the process stops, its supervisor restarts it. */
export function policyOf(error: unknown): ErrorPolicy {
  const policy = (error as Partial<PolicyError> | null | undefined)?.policy
  return policy === 'transient' || policy === 'poison' || policy === 'operator' ? policy : 'bug'
}

export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : 'unknown'
}

/**
 * What to print about a failure: one sentence when the error was foreseen, with the stack when it was not. No secrets.
 *
 * @example
 * describeFailure(error) // { message: 'No Kafka broker answers at ...', foreseen: true }
 */
export function describeFailure(error: unknown): { message: string; foreseen: boolean } {
  const failure = error instanceof Error ? error : new Error(String(error))
  const foreseen = policyOf(error) !== 'bug'
  return {
    message: withoutSecrets(foreseen ? failure.message : (failure.stack ?? failure.message)),
    foreseen,
  }
}
