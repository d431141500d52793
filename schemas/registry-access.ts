import { z } from 'zod'
import { secretSchema } from './secret.ts'
import { tlsSchema } from './tls.ts'

/** Who a client of the registry says it is, and how it knows the registry. */
export const registryAccessSchema = z.strictObject({
  username: z.string().min(1).optional().describe('HTTP Basic; FEEDLOOP_REGISTRY_USERNAME wins'),
  password: secretSchema
    .optional()
    .describe(
      "text, { env: 'NAME' } or { file: '/path' }, read at each request; FEEDLOOP_REGISTRY_PASSWORD or _PASSWORD_FILE wins",
    ),
  token: secretSchema
    .optional()
    .describe('HTTP Bearer, instead of user and password; FEEDLOOP_REGISTRY_TOKEN or _TOKEN_FILE wins'),
  tls: tlsSchema
    .optional()
    .describe('for https with an authority of your own; FEEDLOOP_REGISTRY_TLS_CA_FILE and so on win'),
})
export type RegistryAccess = z.infer<typeof registryAccessSchema>

/** Where the schema registry is, as every request to it is told. */
export interface RegistryAddress extends RegistryAccess {
  /** Base address of a Confluent-compatible registry, e.g. http://HOST:PORT/apis/ccompat/v7; may carry user:password@. */
  url: string
  /** More addresses of the same registry: the next is asked when one does not answer. */
  otherUrls?: readonly string[]
}

/** As whom the registry knows us, for messages; null: no login is given. */
export function registryUser({ url, username, token }: RegistryAddress): string | null {
  if (token !== undefined) return 'of the bearer token'
  const inUrl = URL.canParse(url) ? decodeURIComponent(new URL(url).username) : ''
  const name = username ?? inUrl
  return name === '' ? null : `"${name}"`
}

const LOGIN_SETTINGS = 'registry.username and registry.password, or registry.token'

/** What 401 means, and what to do. */
export const loginRefused = (user: string | null): string =>
  user === null
    ? `it asks for a login and none is given: set ${LOGIN_SETTINGS}`
    : `it refuses the login of the user ${user}: correct ${LOGIN_SETTINGS}`

/** What 403 means, and what to do. */
export const rightMissing = (user: string | null): string =>
  user === null
    ? `it does not allow this without a login: set ${LOGIN_SETTINGS}`
    : `the user ${user} may not do this: give it the right, or use another`

/** What an answer that is no success means for whoever runs the program. `host`: without a login in it. */
export function registryRefusal(
  address: RegistryAddress,
  host: string,
  path: string,
  status: number,
): string {
  const said = `the registry at ${host} answers ${String(status)} for ${path}`
  switch (status) {
    case 401:
      return `${said}: ${loginRefused(registryUser(address))}`
    case 403:
      return `${said}: ${rightMissing(registryUser(address))}`
    case 404:
      return `${said}: is the path prefix right? Apicurio: /apis/ccompat/v7`
    default:
      return said
  }
}

const UNTRUSTED = /self.signed|SELF_SIGNED|unable to (get|verify)|UNABLE_TO_/
const OTHER_NAME = /ALTNAME|does not match certificate/

/** Why a TLS connection to the registry failed, and what to do; null when that was not it. */
export function registryTlsCause(said: string): string | null {
  if (UNTRUSTED.test(said))
    return 'its certificate is not signed by an authority that is trusted here: give the PEM file of its authority in registry.tls.caFile (FEEDLOOP_REGISTRY_TLS_CA_FILE)'
  if (OTHER_NAME.test(said))
    return 'its certificate is for another name: give the name in it as registry.tls.serverName (FEEDLOOP_REGISTRY_TLS_SERVER_NAME)'
  if (/CERT_HAS_EXPIRED|certificate has expired/.test(said)) return 'its certificate is past its date'
  if (/wrong version number|packet length too long/.test(said))
    return 'it does not speak TLS on this port: use http://'
  return null
}
