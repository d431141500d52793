import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { KafkaAddress } from '../contract.ts'
import type { KafkaSasl } from '../kafka-security.ts'
import { type Authority, type Certificate, createAuthority } from '../stack/process-keytool.ts'
import { type OwnBrokers, type OwnBrokersOptions, startOwnBrokers } from './process-own-brokers.ts'

/** A Kafka of its own that asks who you are, by each listener in another way. */
export interface SecureBrokers extends OwnBrokers {
  /** Where certificates are; for files of the test as well. */
  readonly folder: string
  readonly authority: Authority
  /** Without TLS or login: may do everything, to arrange things. */
  readonly open: KafkaAddress
  /** TLS and SCRAM as that user, whose password is `passwordOf(user)`. */
  scram(user: string, password?: string): KafkaAddress
}

export const passwordOf = (user: string): string => `secret-of-${user}`

/** What each listener is for; all but SCRAM are there for what they refuse. */
const LISTENERS = { SCRAM: 'SASL_SSL', MUTUAL: 'SSL', EXPIRED: 'SSL', BARE: 'SASL_PLAINTEXT' } as const
const LOGIN_MODULES: Record<string, string> = {
  'scram-sha-256': 'scram.ScramLoginModule required',
  'scram-sha-512': 'scram.ScramLoginModule required',
  // Takes tokens that nobody has signed: how Kafka tries OAUTHBEARER out.
  oauthbearer: 'oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker"',
}

/**
 * @param users who may log in, by SCRAM and PLAIN; without rights until somebody gives them some
 * @throws OperatorError when there is no Java or Kafka cannot be fetched
 */
export async function startSecureBrokers(
  users: readonly string[],
  more: Pick<OwnBrokersOptions, 'settings'> = {},
): Promise<SecureBrokers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-secure-'))
  const authority = await createAuthority(folder)
  const server = await authority.issue('server')
  const expired = await authority.issue('expired', { agedDays: 30, validDays: 2 })
  const brokers = await startOwnBrokers({
    listeners: LISTENERS,
    formatArguments: users.flatMap((name) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${name},password=${passwordOf(name)}]`,
      ]),
    ),
    settings: { ...securitySettings(users, authority, server, expired), ...more.settings },
  }).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true })
    throw error
  })
  return {
    ...brokers,
    folder,
    authority,
    open: { brokers: brokers.brokers },
    scram: (username, password = passwordOf(username)) => ({
      brokers: brokers.listeners['SCRAM']!,
      tls: { enabled: true, caFile: authority.caPemFile },
      sasl: { mechanism: 'scram-sha-512', username, password } satisfies KafkaSasl,
    }),
    async stop() {
      await brokers.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function securitySettings(
  users: readonly string[],
  { caPemFile }: Authority,
  server: Certificate,
  expired: Certificate,
): Record<string, string | number | boolean> {
  const secured = 'org.apache.kafka.common.security'
  const plainUsers = users.map((user) => `user_${user}="${passwordOf(user)}"`).join(' ')
  const settings: Record<string, string | number | boolean> = {
    'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'listener.name.bare.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.bare.plain.sasl.jaas.config': `${secured}.plain.PlainLoginModule required ${plainUsers};`,
    'listener.name.mutual.ssl.client.auth': 'required',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'allow.everyone.if.no.acl.found': false,
  }
  for (const [mechanism, module] of Object.entries(LOGIN_MODULES))
    settings[`listener.name.scram.${mechanism}.sasl.jaas.config`] = `${secured}.${module};`
  for (const [listener, { keystoreFile, keystorePassword }] of Object.entries({
    scram: server,
    mutual: server,
    expired,
  })) {
    const name = `listener.name.${listener}.ssl`
    settings[`${name}.keystore.type`] = 'PKCS12'
    settings[`${name}.keystore.location`] = keystoreFile
    settings[`${name}.keystore.password`] = keystorePassword
    settings[`${name}.truststore.type`] = 'PEM'
    settings[`${name}.truststore.location`] = caPemFile
  }
  return settings
}
