import { createHash } from 'node:crypto'
import type { StackSecurity } from './fs-secure.ts'
import { SCRAM_MECHANISM, type StackUser } from './secure-users.ts'

/** Quarkus reads it beside the registry's working directory; it holds a password. */
export const REGISTRY_SETTINGS_FILE = 'config/application.properties'

/** What each user may do, in Apicurio's words. Schemas are registered by the services; the feed outside looks them up. */
const REGISTRY_ROLES: Partial<Record<StackUser, string>> = {
  admin: 'sr-admin',
  operator: 'sr-developer',
  features: 'sr-developer',
  scorer: 'sr-developer',
  trainer: 'sr-developer',
  skew: 'sr-developer',
  feed: 'sr-readonly',
}

/** What Apicurio is told on top of its command line: HTTPS alone, who is let in, and how it logs in to Kafka. */
export function secureRegistrySettings(port: number, { certificates, passwords }: StackSecurity): string {
  const login = 'org.apache.kafka.common.security.scram.ScramLoginModule required'
  const kafka = {
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': SCRAM_MECHANISM,
    'sasl.jaas.config': `${login} username="registry" password="${passwords.registry}";`,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': certificates.caPemFile,
  }
  const settings = {
    'quarkus.http.ssl-port': port,
    'quarkus.http.insecure-requests': 'disabled',
    'quarkus.http.ssl.certificate.files': certificates.serverCertPemFile,
    'quarkus.http.ssl.certificate.key-files': certificates.serverKeyPemFile,
    ...loginSettings(passwords),
    ...Object.fromEntries(
      Object.entries(kafka).map(([name, value]) => [`apicurio.kafka.common.${name}`, value]),
    ),
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${String(value)}\n`)
    .join('')
}

/**
 * HTTP Basic, by users of Quarkus' own; without a login nothing is answered. Passwords are in it as their digest only.
 *
 * @see https://quarkus.io/guides/security-properties
 */
function loginSettings(passwords: Readonly<Record<StackUser, string>>): Record<string, string | boolean> {
  const users = Object.entries(REGISTRY_ROLES).flatMap(([name, role]) => [
    [`users.${name}`, digestOf(name, passwords[name as StackUser])],
    [`roles.${name}`, role],
  ])
  const embedded: Record<string, string> = { algorithm: 'digest-sha-256', ...Object.fromEntries(users) }
  return {
    'quarkus.http.auth.basic': true,
    'quarkus.http.auth.permission.all.paths': '/*',
    'quarkus.http.auth.permission.all.policy': 'authenticated',
    'apicurio.auth.role-based-authorization': true,
    ...Object.fromEntries(
      Object.entries(embedded).map(([name, value]) => [`quarkus.security.users.embedded.${name}`, value]),
    ),
  }
}

/** Of user, realm (Quarkus' usual one) and password. */
const digestOf = (user: string, password: string): string =>
  createHash('sha256').update(`${user}:Quarkus:${password}`).digest('hex')
