import type { StackSecurity } from './fs-secure.ts'
import { SCRAM_MECHANISM } from './secure-users.ts'

/** Quarkus reads it beside the registry's working directory; it holds a password. */
export const REGISTRY_SETTINGS_FILE = 'config/application.properties'

/** What Apicurio is told on top of its command line: HTTPS alone, and how it logs in to Kafka. */
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
    ...Object.fromEntries(
      Object.entries(kafka).map(([name, value]) => [`apicurio.kafka.common.${name}`, value]),
    ),
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${String(value)}\n`)
    .join('')
}
