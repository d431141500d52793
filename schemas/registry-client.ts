import { SchemaRegistry as ConfluentClient } from '@kafkajs/confluent-schema-registry'
import { RegistryRefusedError } from './errors.ts'

/** Where the schema registry is, as every request to it is told. */
export interface RegistryAddress {
  /** Base address of a Confluent-compatible registry, e.g. http://HOST:PORT/apis/ccompat/v7; may carry user:password@. */
  url: string
  tls?: { caFile: string }
}

/** A type and not an interface: the client wants an index signature. */
type Credentials = { username: string; password: string }

/** What a client is given: `host` is the address without the user in it. */
export interface RegistrySettings {
  host: string
  auth?: Credentials
}

/** @throws RegistryRefusedError when the address is no URL */
export function registrySettingsOf({ url }: RegistryAddress): RegistrySettings {
  if (!URL.canParse(url))
    throw new RegistryRefusedError(`schema registry address ${JSON.stringify(url)} is no URL`)
  const parsed = new URL(url)
  const [username, password] = [decodeURIComponent(parsed.username), decodeURIComponent(parsed.password)]
  parsed.username = parsed.password = ''
  const host = parsed.href.replace(/\/+$/, '')
  return username === '' ? { host } : { host, auth: { username, password } }
}

export interface RegistryRequest {
  method?: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Sent as JSON. */
  body?: unknown
  /** Bound of the whole request. */
  requestMs?: number
}

/**
 * One HTTP request to a registry, below its base address; whoever asks judges the answer.
 *
 * @example const answer = await requestRegistry(addresses.registry, '/subjects')
 */
export function requestRegistry(
  address: RegistryAddress,
  path: string,
  { method = 'GET', body, requestMs = 5_000 }: RegistryRequest = {},
): Promise<Response> {
  const { host, auth } = registrySettingsOf(address)
  const headers: Record<string, string> = { 'content-type': 'application/vnd.schemaregistry.v1+json' }
  if (auth)
    headers['authorization'] = `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
  return fetch(host + path, {
    method,
    headers,
    signal: AbortSignal.timeout(requestMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

/**
 * The registry's usual client with its traps closed: no retries of its own (its retry options are one global object),
 * a time limit (it has none).
 */
export function createRegistryClient(address: RegistryAddress, requestMs: number): ConfluentClient {
  return new ConfluentClient({
    ...registrySettingsOf(address),
    clientId: 'feedloop',
    retry: { retries: 0 },
    middlewares: [
      () => ({
        prepareRequest: async (next) => (await next()).enhance({ timeout: requestMs }),
      }),
    ],
  })
}
