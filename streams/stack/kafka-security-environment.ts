import path from 'node:path'
import { readSecret } from '../fs-secret.ts'
import { type KafkaSasl, kafkaSaslSchema, type KafkaSecurity, kafkaTlsSchema } from '../kafka-security.ts'
import type { Secret } from '../secret.ts'
import { AddressInvalidError } from './errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

const TLS = {
  enabled: 'FEEDLOOP_KAFKA_TLS',
  caFile: 'FEEDLOOP_KAFKA_TLS_CA_FILE',
  certFile: 'FEEDLOOP_KAFKA_TLS_CERT_FILE',
  keyFile: 'FEEDLOOP_KAFKA_TLS_KEY_FILE',
  serverName: 'FEEDLOOP_KAFKA_TLS_SERVER_NAME',
} as const
const MECHANISM = 'FEEDLOOP_KAFKA_SASL_MECHANISM'
const SASL = {
  username: 'FEEDLOOP_KAFKA_SASL_USERNAME',
  tokenUrl: 'FEEDLOOP_KAFKA_SASL_TOKEN_URL',
  clientId: 'FEEDLOOP_KAFKA_SASL_CLIENT_ID',
  scope: 'FEEDLOOP_KAFKA_SASL_SCOPE',
  region: 'FEEDLOOP_KAFKA_SASL_REGION',
} as const
/** Each as the text or, with _FILE behind, as the path of a file. */
const SECRETS = {
  password: 'FEEDLOOP_KAFKA_SASL_PASSWORD',
  clientSecret: 'FEEDLOOP_KAFKA_SASL_CLIENT_SECRET',
} as const

const MECHANISMS = kafkaSaslSchema.options.map(({ shape }) => [...shape.mechanism.values][0]!)
/** Turns the login of the configuration off. */
const NONE = 'none'

/**
 * TLS and login for the brokers that were given: the configuration, each field overruled by its variable.
 *
 * @throws AddressInvalidError naming the variable, or the field of the configuration
 */
export function kafkaSecurityOf(env: Environment, configured: KafkaSecurity): KafkaSecurity {
  const tls = tlsOf(env, configured)
  const sasl = saslOf(env, configured)
  return { ...(tls === undefined ? {} : { tls }), ...(sasl === undefined ? {} : { sasl }) }
}

function tlsOf(env: Environment, { tls: configured }: KafkaSecurity): KafkaSecurity['tls'] {
  const enabled = env[TLS.enabled]?.trim() || undefined
  if (enabled !== undefined && enabled !== 'true' && enabled !== 'false')
    throw new AddressInvalidError(enabled, TLS.enabled, 'true or false')
  const said = valuesOf(env, { ...TLS, enabled: undefined })
  if (configured === undefined && enabled !== 'true' && Object.keys(said).length === 0) return undefined
  const merged = {
    ...configured,
    ...said,
    ...(enabled === undefined ? {} : { enabled: enabled === 'true' }),
  }
  const parsed = kafkaTlsSchema.parse(merged)
  if (!parsed.enabled) return undefined
  if ((parsed.certFile === undefined) !== (parsed.keyFile === undefined)) {
    const [given, missing] = parsed.certFile === undefined ? ['keyFile', 'certFile'] : ['certFile', 'keyFile']
    const expected = `kafka.tls.${missing} (${TLS[missing as 'certFile' | 'keyFile']}) beside it`
    throw new AddressInvalidError(
      parsed.certFile ?? parsed.keyFile ?? '',
      `kafka.tls.${given}`,
      `a certificate alone proves nothing, and ${expected}`,
    )
  }
  return parsed
}

function saslOf(env: Environment, { sasl: configured }: KafkaSecurity): KafkaSasl | undefined {
  const mechanism = env[MECHANISM]?.trim().toLowerCase() || undefined
  if (mechanism === NONE) return undefined
  if (mechanism !== undefined && !MECHANISMS.some((known) => known === mechanism))
    throw new AddressInvalidError(mechanism, MECHANISM, [...MECHANISMS, NONE].join(', '))
  const said: Record<string, string | Secret> = { ...valuesOf(env, SASL), ...secretsOf(env) }
  const base = mechanism === undefined || mechanism === configured?.mechanism ? configured : { mechanism }
  if (base === undefined) {
    if (Object.keys(said).length === 0) return undefined
    throw new AddressInvalidError('', MECHANISM, `${MECHANISMS.join(', ')} beside the login`)
  }
  const option = kafkaSaslSchema.options.find(({ shape }) =>
    [...shape.mechanism.values].some((value) => value === base.mechanism),
  )!
  const fields = Object.fromEntries(Object.entries(said).filter(([field]) => field in option.shape))
  const parsed = kafkaSaslSchema.safeParse({ ...base, ...fields })
  if (parsed.success) return parsed.data
  const { path: at, message } = parsed.error.issues[0]!
  const variable = { ...SASL, ...SECRETS }[String(at[0]) as keyof typeof SASL]
  throw new AddressInvalidError(
    base.mechanism,
    MECHANISM,
    variable === undefined ? message : `${variable} (kafka.sasl.${String(at[0])}) beside it`,
  )
}

function valuesOf<K extends string>(
  env: Environment,
  variables: Readonly<Record<K, string | undefined>>,
): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [field, variable] of Object.entries<string | undefined>(variables)) {
    const value = variable === undefined ? undefined : env[variable]?.trim()
    if (value) found[field] = value
  }
  return found
}

/** Where a secret is, not what it is: an address may be printed. */
function secretsOf(env: Environment): Record<string, Secret> {
  const found: Record<string, Secret> = {}
  for (const [field, variable] of Object.entries(SECRETS)) {
    const file = env[`${variable}_FILE`]?.trim()
    if (file) found[field] = { file }
    else if (env[variable]) found[field] = { env: variable }
  }
  return found
}

/** What `kafkaSecurityOf` reads in another process, whatever the configuration says there. Files by their full path. */
export function kafkaSecurityEnvironment({ tls, sasl }: KafkaSecurity): Record<string, string> {
  const variables: Record<string, string> = {
    [TLS.enabled]: String(tls?.enabled ?? false),
    [MECHANISM]: sasl?.mechanism ?? NONE,
  }
  for (const field of ['caFile', 'certFile', 'keyFile'] as const)
    if (tls?.[field] !== undefined) variables[TLS[field]] = path.resolve(tls[field])
  if (tls?.serverName !== undefined) variables[TLS.serverName] = tls.serverName
  const given: Readonly<Record<string, unknown>> = sasl ?? {}
  for (const [field, variable] of Object.entries(SASL)) {
    const value = given[field]
    if (typeof value === 'string') variables[variable] = value
  }
  for (const [field, variable] of Object.entries(SECRETS)) {
    const secret = given[field] as Secret | undefined
    if (secret === undefined) continue
    if (typeof secret === 'object' && 'file' in secret)
      variables[`${variable}_FILE`] = path.resolve(secret.file)
    else variables[variable] = readSecret(secret, variable)
  }
  return variables
}
