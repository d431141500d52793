/** What to do with a caught error: try again, write a dead letter, stop (a bug), or ask a person. */
export type ErrorPolicy = 'transient' | 'poison' | 'bug' | 'operator'

/** Why a value could not be decoded. `schema_not_loaded` alone is no verdict on the value: call `load`, try again. */
export type DecodeErrorCode = 'undecodable' | 'unknown_schema' | 'schema_mismatch' | 'schema_not_loaded'

/**
 * A value that is no record of its topic.
 * - `undecodable`: not the wire format, or bytes that do not fit the schema they name.
 * - `unknown_schema`: the registry does not know the schema id.
 * - `schema_mismatch`: the schema is known, but cannot be read as this topic's record.
 * - `schema_not_loaded`: nobody has asked the registry yet.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  readonly policy: ErrorPolicy
  constructor(
    readonly code: DecodeErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.policy = code === 'schema_not_loaded' ? 'transient' : 'poison'
  }
}

/** A record that does not fit its topic's schema: the code that made it is wrong. `path` names the field. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError'
  readonly code = 'unencodable'
  readonly policy: ErrorPolicy = 'bug'
  constructor(
    readonly topic: string,
    /** Dotted, e.g. `ranking.3.score`; empty: the record as a whole. */
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${topic} record cannot be encoded: ${path === '' ? '' : `${path}: `}${reason}`, options)
  }
}

/** The registry did not answer, or not in time, or with its own failure (5xx). */
export class RegistryUnavailableError extends Error {
  override readonly name = 'RegistryUnavailableError'
  readonly code = 'registry_unavailable'
  readonly policy: ErrorPolicy = 'transient'
  constructor(what: string, attempts: number, reason: string, options?: ErrorOptions) {
    super(
      `schema registry: ${what} failed after ${attempts} attempt(s): ${reason}; is it running and reachable?`,
      options,
    )
  }
}

/** The registry refuses a schema because records written with the earlier ones could not be read, or the reverse. */
export class SchemaIncompatibleError extends Error {
  override readonly name = 'SchemaIncompatibleError'
  readonly code = 'schema_incompatible'
  readonly policy: ErrorPolicy = 'operator'
  constructor(
    readonly subject: string,
    readonly differences: string[],
    options?: ErrorOptions,
  ) {
    super(
      `schema of ${subject} is not FULL_TRANSITIVE compatible with those registered: ${differences.join('; ')}. ` +
        'Add or remove only fields that have a default, or start a new topic version (.v2).',
      options,
    )
  }
}

/** The registry answered and will not do it: no permission, invalid schema, a subject set up otherwise. */
export class RegistryRefusedError extends Error {
  override readonly name = 'RegistryRefusedError'
  readonly code = 'registry_refused'
  readonly policy: ErrorPolicy = 'operator'
}

/** A model manifest that is not one; every mistake is listed. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError'
  readonly code = 'manifest_invalid'
  readonly policy: ErrorPolicy = 'poison'
  constructor(
    readonly mistakes: string[],
    options?: ErrorOptions,
  ) {
    super(`model manifest is invalid: ${mistakes.join('; ')}`, options)
  }
}

/** A secret is not where it should be, or others may read it: a person must mend that. Never says the secret. */
export class SecretUnreadableError extends Error {
  override readonly name = 'SecretUnreadableError'
  readonly code = 'secret_unreadable'
  readonly policy: ErrorPolicy = 'operator'
  constructor(what: string, reason: string, action: string, cause?: unknown) {
    super(`${what}: ${reason}. ${action}.`, cause === undefined ? undefined : { cause })
  }
}

/** A certificate or key file cannot be used: a person must mend that. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
  readonly code = 'certificate_unusable'
  readonly policy: ErrorPolicy = 'operator'
  constructor(setting: string, reason: string, action: string, cause?: unknown) {
    super(`${setting}: ${reason}. ${action}.`, cause === undefined ? undefined : { cause })
  }
}
