import { OperatorError } from '#streams'

/** A log cannot be read as it is; the message says which file and line, and what was expected there. */
export class LogUnreadableError extends OperatorError {
  override readonly name = 'LogUnreadableError'
  constructor(path: string, detail: string, options?: ErrorOptions) {
    super('log_unreadable', `${path}: ${detail}`, options)
  }
}
