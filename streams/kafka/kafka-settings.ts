import type { KafkaConfig, SASLOptions } from 'kafkajs'
import { certificatesIn, keyIn } from '#schemas'
import type { KafkaAddress } from '../contract.ts'
import { readSecret } from '../fs-secret.ts'
import type { KafkaSasl, KafkaTls } from '../kafka-security.ts'
import { tokensOf } from './kafka-tokens.ts'

/**
 * How kafkajs reaches these brokers: the one place that says so, for kafka-client.ts and for the programs that must
 * stay plain kafkajs (controls and rivals). Nothing that changes kafkajs is imported here.
 *
 * Files and secrets are read once now, so that a mistake is told at once, and again at each connection: what was rotated
 * is used from the next connection on.
 *
 * @throws CertificateError, SecretUnreadableError
 */
export function kafkaSettingsOf({
  brokers,
  tls,
  sasl,
}: KafkaAddress): Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl'> {
  return {
    brokers: [...brokers],
    ...(tls?.enabled === true ? { ssl: readEachTime(tlsFields(tls)) } : {}),
    ...(sasl === undefined ? {} : { sasl: loginOf(sasl) }),
  }
}

type Fields = Readonly<Record<string, () => string>>

function tlsFields({ caFile, certFile, keyFile, serverName }: KafkaTls): Fields {
  return {
    ...(caFile === undefined ? {} : { ca: () => certificatesIn(caFile, 'kafka.tls.caFile') }),
    ...(certFile === undefined ? {} : { cert: () => certificatesIn(certFile, 'kafka.tls.certFile') }),
    ...(keyFile === undefined ? {} : { key: () => keyIn(keyFile, 'kafka.tls.keyFile') }),
    ...(serverName === undefined ? {} : { servername: () => serverName }),
  }
}

function loginOf(sasl: KafkaSasl): SASLOptions {
  if (!('username' in sasl)) {
    const token = tokensOf(sasl)
    return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await token() }) }
  }
  const { mechanism, username, password } = sasl
  // kafkajs looks at the login at each connection.
  return readEachTime({
    mechanism: () => mechanism,
    username: () => username,
    password: () => readSecret(password, 'The Kafka password (kafka.sasl.password)'),
  }) as unknown as SASLOptions
}

/** An object whose fields are read anew whenever somebody looks. @throws what reading them now throws */
function readEachTime(fields: Fields): Record<string, string> {
  const settings = {}
  for (const [name, get] of Object.entries(fields)) {
    get()
    Object.defineProperty(settings, name, { get, enumerable: true })
  }
  return settings
}
