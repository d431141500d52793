import { SchemaRegistry as ConfluentClient } from '@kafkajs/confluent-schema-registry'
import { Agent } from 'node:https'
import { RegistryRefusedError } from './errors.ts'
import { readSecret } from './fs-secret.ts'
import { readTls } from './fs-tls.ts'
import { fetchByTls } from './http-fetch-by-tls.ts'
import { speaksTls } from './http-tls-probe.ts'
import { type RegistryAddress, registryTlsCause } from './registry-access.ts'
import { withoutSecrets } from './secrecy.ts'

/** A type and not an interface: the client wants an index signature. */
type Credentials = { username: string; password: string }

/** What a client is given: `host` is the address without the user in it. */
export interface RegistrySettings {
  host: string
  auth?: Credentials
}

/** @throws RegistryRefusedError when the address is no URL, SecretUnreadableError */
export function registrySettingsOf({ url, username, password }: RegistryAddress): RegistrySettings {
  if (!URL.canParse(url))
    throw new RegistryRefusedError(`schema registry address ${JSON.stringify(withoutSecrets(url))} is no URL`)
  const parsed = new URL(url)
  const user = username ?? decodeURIComponent(parsed.username)
  const secret = password ?? decodeURIComponent(parsed.password)
  parsed.username = parsed.password = ''
  const host = parsed.href.replace(/\/+$/, '')
  if (user === '') return { host }
  const text = secret === '' ? '' : readSecret(secret, 'the registry password (registry.password)')
  return { host, auth: { username: user, password: text } }
}

/** One address for each URL of the registry, in the order in which they are asked. */
export function registryAddresses(address: RegistryAddress): RegistryAddress[] {
  const { otherUrls = [], ...first } = address
  return [first, ...otherUrls.map((url) => ({ ...first, url }))]
}

export interface RegistryRequest {
  method?: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Sent as JSON. */
  body?: unknown
  /** Bound of the whole request. */
  requestMs?: number
}

/**
 * One HTTP request to a registry, below its base address; whoever asks judges the answer. Of several URLs the first that
 * answers counts.
 *
 * @throws what the last of them failed with
 *
 * @example const answer = await requestRegistry(addresses.registry, '/subjects')
 */
export async function requestRegistry(
  address: RegistryAddress,
  path: string,
  request: RegistryRequest = {},
): Promise<Response> {
  const addresses = registryAddresses(address)
  for (const each of addresses.slice(0, -1)) {
    try {
      return await requestOne(each, path, request)
    } catch {
      // the next one may answer; what the last one fails with is told
    }
  }
  return requestOne(addresses.at(-1)!, path, request)
}

async function requestOne(
  address: RegistryAddress,
  path: string,
  { method = 'GET', body, requestMs = 30_000 }: RegistryRequest,
): Promise<Response> {
  const { host } = registrySettingsOf(address)
  const init = {
    method,
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json', ...loginHeaders(address) },
    signal: AbortSignal.timeout(requestMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }
  try {
    const isOwnTls = address.tls !== undefined && host.startsWith('https:')
    return await (isOwnTls
      ? fetchByTls(host + path, init, readTls(address.tls ?? {}, 'registry.tls'))
      : fetch(host + path, init))
  } catch (error) {
    throw await explained(error, host)
  }
}

/** With the cause where a person must mend it; fetch says only "fetch failed". */
async function explained(error: unknown, host: string): Promise<unknown> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined
  const code = cause !== undefined && 'code' in cause ? String(cause.code) : ''
  const said = `${cause?.message ?? ''} ${code}`
  const why = registryTlsCause(said) ?? (await whyRegistryClosed(said, host))
  return why === null
    ? error
    : new RegistryRefusedError(`schema registry at ${host}: ${why}`, { cause: error })
}

/** How the end of a connection without an answer, or with one that is no HTTP, is told. */
const CLOSED = /other side closed|socket hang up|ECONNRESET|UND_ERR_SOCKET|HPE_|Parse Error/

/**
 * A port that speaks TLS hangs up on a plain request, or answers with what is no HTTP. Asks it.
 *
 * @param said what the client told of the failure
 * @returns null when that was not it
 */
export async function whyRegistryClosed(said: string, url: string): Promise<string | null> {
  if (!CLOSED.test(said) || !URL.canParse(url)) return null
  const { protocol, hostname, port } = new URL(url)
  if (protocol !== 'http:' || !(await speaksTls(hostname, Number(port || 80)))) return null
  return 'it speaks TLS on this port, and the URL says http: use https://, with registry.tls.caFile (FEEDLOOP_REGISTRY_TLS_CA_FILE) if it has an authority of its own'
}

/** Read at each request: a rotated secret counts at once. */
function loginHeaders(address: RegistryAddress): Record<string, string> {
  if (address.token !== undefined)
    return { authorization: `Bearer ${readSecret(address.token, 'the registry token (registry.token)')}` }
  const { auth } = registrySettingsOf(address)
  if (auth === undefined) return {}
  const login = Buffer.from(`${auth.username}:${auth.password}`).toString('base64')
  return { authorization: `Basic ${login}` }
}

/**
 * The registry's usual client with its traps closed: no retries of its own (its retry options are one global object),
 * a time limit (it has none). It knows one URL only.
 */
export function createRegistryClient(address: RegistryAddress, requestMs: number): ConfluentClient {
  const { host } = registrySettingsOf(address)
  const isOwnTls = address.tls !== undefined && host.startsWith('https:')
  return new ConfluentClient({
    host,
    ...(isOwnTls ? { agent: new Agent(readTls(address.tls ?? {}, 'registry.tls')) } : {}),
    clientId: 'feedloop',
    retry: { retries: 0 },
    middlewares: [
      () => ({
        prepareRequest: async (next) =>
          (await next()).enhance({ timeout: requestMs, headers: loginHeaders(address) }),
      }),
    ],
  })
}
