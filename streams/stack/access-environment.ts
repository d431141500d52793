import path from 'node:path'
import { readSecret, type Secret, type Tls, tlsSchema } from '#schemas'
import { AddressInvalidError } from './errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

const FILES = { caFile: '_CA_FILE', certFile: '_CERT_FILE', keyFile: '_KEY_FILE' } as const
const SERVER_NAME = '_SERVER_NAME'

/** The value of a variable, if it says anything. */
export const said = (env: Environment, variable: string): string | undefined =>
  env[variable]?.trim() || undefined

/**
 * TLS from `<variable>=true|false`, `<variable>_CA_FILE` and so on; what they do not say is as configured.
 *
 * @throws AddressInvalidError naming the variable
 */
export function tlsOf(env: Environment, variable: string, configured: Tls | undefined): Tls | undefined {
  const isOn = said(env, variable)
  if (isOn !== undefined && isOn !== 'true' && isOn !== 'false')
    throw new AddressInvalidError(isOn, variable, 'true or false')
  if (isOn === 'false') return undefined
  const fields: Record<string, string> = {}
  for (const [field, ending] of Object.entries({ ...FILES, serverName: SERVER_NAME })) {
    const value = said(env, variable + ending)
    if (value !== undefined) fields[field] = value
  }
  if (configured === undefined && isOn === undefined && Object.keys(fields).length === 0) return undefined
  const parsed = tlsSchema.safeParse({ ...configured, ...fields })
  if (parsed.success) return parsed.data
  throw new AddressInvalidError(
    Object.values(fields).join(', '),
    `${variable}_*`,
    parsed.error.issues[0]!.message,
  )
}

/** What `tlsOf` reads in another process. Files by their full path. */
export function tlsEnvironment(variable: string, tls: Tls | undefined): Record<string, string> {
  if (tls === undefined) return {}
  const variables: Record<string, string> = { [variable]: 'true' }
  for (const field of ['caFile', 'certFile', 'keyFile'] as const)
    if (tls[field] !== undefined) variables[variable + FILES[field]] = path.resolve(tls[field])
  if (tls.serverName !== undefined) variables[variable + SERVER_NAME] = tls.serverName
  return variables
}

/** Where a secret is, not what it is: `<variable>_FILE`, then `<variable>`, then as configured. */
export function secretOf(
  env: Environment,
  variable: string,
  configured: Secret | undefined,
): Secret | undefined {
  const file = said(env, `${variable}_FILE`)
  if (file !== undefined) return { file }
  return env[variable] ? { env: variable } : configured
}

/** What `secretOf` reads in another process: a file stays one, so that it may be rotated. */
export function secretEnvironment(variable: string, secret: Secret | undefined): Record<string, string> {
  if (secret === undefined) return {}
  if (typeof secret === 'object' && 'file' in secret)
    return { [`${variable}_FILE`]: path.resolve(secret.file) }
  return { [variable]: readSecret(secret, variable) }
}
