import { CertificateError, readSecret, readTls, type Secret, SecretUnreadableError } from '#schemas'
import { type HttpRequest, requestHttp } from '#streams'
import type { TrackingAddress } from './address.ts'
import { TrackingError } from './errors.ts'
import { apiErrorOf, refusalOf, silenceOf } from './refusal.ts'

export interface MlflowRequest extends Pick<HttpRequest, 'method' | 'body' | 'bytes' | 'signal'> {
  /** Bound of the whole request. */
  requestMs: number
  /** Answers of MLflow that mean "there is none", by its error code or a part of its message. */
  absent?: readonly string[]
}

/**
 * One request to MLflow. Logins are read at each: a rotated secret counts at once.
 *
 * @returns undefined: what `absent` says
 * @throws TrackingError
 */
export async function requestMlflow(
  address: TrackingAddress,
  path: string,
  { absent = [], ...request }: MlflowRequest,
): Promise<Response | undefined> {
  const login = loginOf(address)
  const tls = tlsOf(address)
  let status: number
  let body: string
  let retryAfter: string | null
  try {
    const answer = await requestHttp(address.url + path, { ...request, ...login, ...tls })
    if (answer.ok) return answer
    status = answer.status
    retryAfter = answer.headers.get('retry-after')
    body = await answer.text()
  } catch (error) {
    throw silenceOf(address, error, request.requestMs)
  }
  const said = apiErrorOf(body)
  if (said !== undefined && absent.some((each) => said.code === each || said.message.includes(each)))
    return undefined
  const [shortPath = path] = path.split('?')
  throw refusalOf(address, shortPath, { status, body, retryAfter }, Date.now())
}

/** The JSON of an answer. @throws TrackingError when it is something else: a proxy's login page, for one */
export async function jsonOf(
  address: TrackingAddress,
  answer: Response,
  requestMs: number,
): Promise<unknown> {
  let text: string
  try {
    text = await answer.text()
  } catch (error) {
    throw silenceOf(address, error, requestMs)
  }
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    const type = answer.headers.get('content-type') ?? 'no type'
    throw new TrackingError(
      'version',
      `What answers at ${address.url} is no MLflow (${type}): correct MLFLOW_TRACKING_URI (trainer.tracking.url).`,
      { cause },
    )
  }
}

/** @throws TrackingError when a secret cannot be read */
function loginOf({ username, password, token }: TrackingAddress): Pick<HttpRequest, 'basic' | 'bearer'> {
  if (token !== undefined) return { bearer: read(token, 'the token of MLflow (trainer.tracking.token)') }
  if (username === undefined) return {}
  const what = 'the password of MLflow (trainer.tracking.password)'
  return { basic: { user: username, password: password === undefined ? '' : read(password, what) } }
}

/** @throws TrackingError when the file is none of certificates */
function tlsOf({ caFile }: TrackingAddress): Pick<HttpRequest, 'tls'> {
  if (caFile === undefined) return {}
  try {
    return { tls: readTls({ caFile }, 'trainer.tracking.tls') }
  } catch (error) {
    if (error instanceof CertificateError) throw new TrackingError('away', error.message, { cause: error })
    throw error
  }
}

function read(secret: Secret, what: string): string {
  try {
    return readSecret(secret, what)
  } catch (error) {
    if (error instanceof SecretUnreadableError)
      throw new TrackingError('login', error.message, { cause: error })
    throw error
  }
}
