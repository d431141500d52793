import { OperatorError } from '#streams'

/** A suite cannot be used; the message says which expectation, what is wrong and what to do. */
export class SuiteError extends OperatorError {
  override readonly name = 'SuiteError'
  constructor(where: string, detail: string, options?: ErrorOptions) {
    super('suite_unusable', `${where}: ${detail}`, options)
  }
}
