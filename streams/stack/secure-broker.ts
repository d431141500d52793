import type { StackSecurity } from './fs-secure.ts'
import type { BrokerPorts } from './broker-properties.ts'
import type { Launch } from './launch.ts'
import { SCRAM_MECHANISM, type StackUser } from './secure-users.ts'
import { LOCAL_HOST } from './stack-services.ts'

/**
 * What a broker that asks who you are is told on top of `brokerProperties`. Clients log in by SCRAM over TLS; there is no
 * plain listener at all, and the controller's takes only the broker's own certificate. What no right allows is refused.
 *
 * @see https://kafka.apache.org/41/security/authentication-using-sasl/
 */
export function secureBrokerSettings(
  { broker, controller }: BrokerPorts,
  { certificates, passwords }: StackSecurity,
): Record<string, string | number | boolean> {
  const client = `SASL_SSL://${LOCAL_HOST}:${broker}`
  const login = 'org.apache.kafka.common.security.scram.ScramLoginModule required'
  return {
    listeners: `${client},CONTROLLER://${LOCAL_HOST}:${controller}`,
    'advertised.listeners': client,
    'listener.security.protocol.map': 'SASL_SSL:SASL_SSL,CONTROLLER:SSL',
    'inter.broker.listener.name': 'SASL_SSL',
    'sasl.mechanism.inter.broker.protocol': SCRAM_MECHANISM,
    'sasl.enabled.mechanisms': SCRAM_MECHANISM,
    [`listener.name.sasl_ssl.${SCRAM_MECHANISM.toLowerCase()}.sasl.jaas.config`]: `${login} username="admin" password="${passwords.admin}";`,
    'listener.name.controller.ssl.client.auth': 'required',
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': certificates.keystoreFile,
    'ssl.keystore.password': certificates.keystorePassword,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': certificates.caPemFile,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:admin;User:CN=server',
    'allow.everyone.if.no.acl.found': false,
  }
}

export const FORMAT_ARGUMENTS_FILE = 'format.arguments'

/** Formats from a file of arguments, which holds passwords: those of a command line everybody sees. */
export const secureFormatLaunch = (java: string): Launch => ({
  command: java,
  args: [`@${FORMAT_ARGUMENTS_FILE}`],
})

/** The arguments of a format launch, one a line, and the users that the cluster begins with. */
export function formatArguments({ args }: Launch, passwords: Readonly<Record<StackUser, string>>): string {
  const users = Object.entries(passwords).flatMap(([name, password]) => [
    '--add-scram',
    `${SCRAM_MECHANISM}=[name=${name},password=${password}]`,
  ])
  return argumentsFile([...args, ...users])
}

/** As Java reads it after an @: one argument a line. */
export const argumentsFile = (args: readonly string[]): string =>
  args.map((argument) => `"${argument.replaceAll('\\', '\\\\')}"\n`).join('')
