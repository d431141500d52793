import { OperatorError } from '#streams'

/** A service of the run ended again and again; the message carries the end of its log. */
export class ServiceDiedError extends OperatorError {
  override readonly name = 'ServiceDiedError'
  constructor(service: string, restarts: number, logTail: string) {
    super(
      'service_died',
      `the ${service} service ended ${String(restarts + 1)} times. The end of its log:\n${logTail}`,
    )
  }
}

/** The loop did not get to where it had to be in time. */
export class LoopTooSlowError extends OperatorError {
  override readonly name = 'LoopTooSlowError'
  constructor(waitingFor: string, seconds: number) {
    super(
      'loop_too_slow',
      `waited ${String(seconds)} s for ${waitingFor}; is the machine busy with something else?`,
    )
  }
}

/** The user asked to stop before the run had begun. */
export class RunInterruptedError extends OperatorError {
  override readonly name = 'RunInterruptedError'
  constructor() {
    super('interrupted', 'stopped before the run had begun')
  }
}
