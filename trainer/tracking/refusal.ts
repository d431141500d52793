import { withoutSecrets } from '#schemas'
import type { TrackingAddress } from './address.ts'
import { TrackingError } from './errors.ts'

/** What a server answered that is no success. */
export interface Answer {
  status: number
  body: string
  /** Header Retry-After. */
  retryAfter: string | null
}

const LOGIN =
  'MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN (trainer.tracking)'
const SAID_LENGTH_MAX = 300

/** As MLflow says what is wrong: `{"error_code": ..., "message": ...}`. undefined: it is not MLflow's. */
export function apiErrorOf(body: string): { code: string; message: string } | undefined {
  try {
    const { error_code: code, message } = JSON.parse(body) as { error_code?: unknown; message?: unknown }
    return typeof code === 'string' ? { code, message: String(message ?? '') } : undefined
  } catch {
    // not JSON: a proxy, another program, or MLflow's guard of hosts
    return undefined
  }
}

/** What an answer means for whoever runs the program, and whether it is the server's matter or the run's. */
export function refusalOf(
  address: TrackingAddress,
  path: string,
  answer: Answer,
  nowMs: number,
): TrackingError {
  const { status, body } = answer
  const at = `MLflow at ${address.url}`
  const said = withoutSecrets((apiErrorOf(body)?.message ?? body).trim().slice(0, SAID_LENGTH_MAX))
  if (/serve-artifacts/.test(body))
    return new TrackingError(
      'artifacts',
      `${at} does not serve artifacts: start it with --serve-artifacts and --artifacts-destination.`,
    )
  if (status === 401) return new TrackingError('login', `${at} ${loginRefused(address)}.`)
  if (status === 403 && /host header/i.test(body)) {
    const { host } = new URL(address.url)
    return new TrackingError(
      'host',
      `${at} does not serve under the name ${host}: start it with --allowed-hosts ${host}, or use a name that it knows.`,
    )
  }
  if (status === 403)
    return new TrackingError(
      'login',
      `${at} does not allow this ${asWhom(address)}: ${said || 'no reason given'}.`,
    )
  if (status === 429)
    return new TrackingError('busy', `${at} asks for patience (429): it is tried again later.`, {
      retryAfterMs: retryAfterMs(answer.retryAfter, nowMs),
    })
  if (status >= 500)
    return new TrackingError(
      'failing',
      `${at} fails (${String(status)} for ${path}): ${said || 'look at its log'}.`,
      {
        retryAfterMs: retryAfterMs(answer.retryAfter, nowMs),
      },
    )
  if (apiErrorOf(body) === undefined && status !== 413)
    return new TrackingError(
      'version',
      `${at} answers ${String(status)} for ${path}: it is no MLflow with REST API 2.0, or its path is another. feedloop knows MLflow 2.3 to 3.`,
    )
  return new TrackingError('invalid', `${at} refuses ${path} (${String(status)}): ${said}`)
}

/** Aliases came with 2.3. @returns why this version will not do; undefined: it will */
export function versionRefusal({ url }: TrackingAddress, version: string): TrackingError | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version.trim()) ?? []
  const number = Number(major) * 1_000 + Number(minor)
  if (number >= 2_003 && number < 4_000) return undefined
  const told = major === undefined ? 'does not say a version' : `is version ${version.trim()}`
  return new TrackingError(
    'version',
    `MLflow at ${url} ${told}; feedloop knows 2.3 to 3: use another server, or another feedloop.`,
  )
}

/** Nobody answered: why, and what to do. */
export function silenceOf({ url }: TrackingAddress, error: unknown, requestMs: number): TrackingError {
  const failure = error instanceof Error ? error : new Error(String(error))
  if (failure.name === 'TimeoutError' || failure.name === 'AbortError')
    return new TrackingError(
      'slow',
      `MLflow at ${url} did not answer within ${String(requestMs / 1_000)} s: it is tried again later.`,
      { cause: error },
    )
  const cause = failure.cause instanceof Error ? failure.cause : failure
  const code = 'code' in cause ? String(cause.code) : cause.message
  const why = /CERT|self.signed|UNABLE_TO/i.test(code)
    ? `its certificate is not trusted here (${code}): give the PEM file of its authority in trainer.tracking.tls.caFile (MLFLOW_TRACKING_SERVER_CERT_PATH)`
    : `nobody answers (${withoutSecrets(code)}): start it, or correct MLFLOW_TRACKING_URI (trainer.tracking.url)`
  return new TrackingError('away', `MLflow at ${url}: ${why}.`, { cause: error })
}

function loginRefused(address: TrackingAddress): string {
  if (address.token !== undefined)
    return `refuses the token: correct MLFLOW_TRACKING_TOKEN (trainer.tracking)`
  if (address.username === undefined) return `asks for a login and none is given: set ${LOGIN}`
  return `refuses the login of the user "${address.username}": correct ${LOGIN}`
}

function asWhom({ token, username }: TrackingAddress): string {
  if (token !== undefined) return 'with this token'
  return username === undefined ? 'without a login' : `to the user "${username}"`
}

/** Seconds, or a date. */
function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - nowMs
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
