/** The user's feed file cannot be used. Policy: operator (nothing to retry; the message says what to change). */
export class FeedFileError extends Error {
  readonly code = 'feed_file'
  readonly policy = 'operator'
  constructor(
    readonly path: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${what}`, options)
    this.name = 'FeedFileError'
  }
}
