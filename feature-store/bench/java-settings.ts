import { readSecret } from '#schemas'
import type { Addresses } from '#streams'

const MODULES = { plain: 'plain.PlainLoginModule', scram: 'scram.ScramLoginModule' }

/**
 * How a Java program is let in, as a properties file: Kafka's by their own names, those of Redis with `redis.` before
 * them. Empty where nobody is asked who they are. It holds passwords.
 */
export function javaSettings({ kafka, redis }: Pick<Addresses, 'kafka' | 'redis'>): string {
  const settings = { ...kafkaSettings(kafka), ...redisSettings(redis) }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('')
}

function kafkaSettings({ tls, sasl }: Addresses['kafka']): Record<string, string> {
  if (sasl !== undefined && !('username' in sasl))
    throw new Error(`Java programs of the benchmarks log in by name and password, not by ${sasl.mechanism}.`)
  const module = sasl?.mechanism === 'plain' ? MODULES.plain : MODULES.scram
  return {
    'security.protocol': `${sasl === undefined ? '' : 'SASL_'}${tls?.enabled === true ? 'SSL' : 'PLAINTEXT'}`,
    ...(tls?.caFile === undefined
      ? {}
      : { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': tls.caFile }),
    ...(sasl === undefined
      ? {}
      : {
          'sasl.mechanism': sasl.mechanism.toUpperCase(),
          'sasl.jaas.config': `org.apache.kafka.common.security.${module} required username="${sasl.username}" password="${readSecret(sasl.password, 'the Kafka password')}";`,
        }),
  }
}

function redisSettings({ username, password, tls }: Addresses['redis']): Record<string, string> {
  return {
    ...(username === undefined ? {} : { 'redis.username': username }),
    ...(password === undefined ? {} : { 'redis.password': readSecret(password, 'the Redis password') }),
    ...(tls?.caFile === undefined ? {} : { 'redis.ca.file': tls.caFile }),
  }
}
