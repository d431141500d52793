import path from 'node:path'
import { type Secret, withoutSecrets } from '#schemas'
import { type Environment, OperatorError, said, secretEnvironment, secretOf } from '#streams'
import type { TrackingConfig } from './config.ts'

const URI = 'MLFLOW_TRACKING_URI'
const USERNAME = 'MLFLOW_TRACKING_USERNAME'
const PASSWORD = 'MLFLOW_TRACKING_PASSWORD'
const TOKEN = 'MLFLOW_TRACKING_TOKEN'
const CA_FILE = 'MLFLOW_TRACKING_SERVER_CERT_PATH'

/** Where an MLflow server is, and who we say we are. */
export interface TrackingAddress {
  /** Without a login in it, and without a slash at its end. */
  url: string
  username?: string
  password?: Secret
  token?: Secret
  /** PEM file of the authority that signs the server. */
  caFile?: string
}

/**
 * The configuration, each field overruled by its variable: MLflow's own names. A login in the URL counts last.
 *
 * @returns undefined: nothing is tracked
 * @throws OperatorError when the URI is none of a server
 */
export function trackingAddressOf(env: Environment, config: TrackingConfig): TrackingAddress | undefined {
  const given = said(env, URI) ?? config.url
  if (given === undefined) return undefined
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol))
    throw new OperatorError(
      'tracking_address_invalid',
      `${withoutSecrets(given)} (${said(env, URI) === undefined ? 'trainer.tracking.url' : URI}) is no address of an MLflow server: start one (\`mlflow server\`) and give http://host:port.`,
    )
  const url = new URL(given)
  const [userInUrl, passwordInUrl] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  url.username = url.password = ''
  const username = said(env, USERNAME) ?? config.username ?? (userInUrl || undefined)
  const password = secretOf(env, PASSWORD, config.password) ?? (passwordInUrl || undefined)
  const token = secretOf(env, TOKEN, config.token)
  const caFile = said(env, CA_FILE) ?? config.tls?.caFile
  return {
    url: url.href.replace(/\/+$/, ''),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token }),
    ...(caFile === undefined ? {} : { caFile }),
  }
}

/** What `trackingAddressOf` reads in another process: a secret file stays one. */
export function trackingEnvironment({
  url,
  username,
  password,
  token,
  caFile,
}: TrackingAddress): Record<string, string> {
  return {
    [URI]: url,
    ...(username === undefined ? {} : { [USERNAME]: username }),
    ...secretEnvironment(PASSWORD, password),
    ...secretEnvironment(TOKEN, token),
    ...(caFile === undefined ? {} : { [CA_FILE]: path.resolve(caFile) }),
  }
}
