import { expect, it } from 'vitest'
import { javaSettings } from './java-settings.ts'

const plain = { kafka: { brokers: ['b:1'] }, redis: { url: 'redis://r:1' } }

it('says nothing of logins where there are none', () => {
  expect(javaSettings(plain)).toBe('security.protocol=PLAINTEXT\n')
})

it('gives Kafka its own names and Redis those that begin with redis.', () => {
  const sasl = { mechanism: 'scram-sha-512', username: 'admin', password: 'of-kafka' } as const
  const secure = {
    kafka: { ...plain.kafka, tls: { enabled: true, caFile: '/ca.pem' }, sasl },
    redis: { ...plain.redis, username: 'admin', password: 'of-redis', tls: { caFile: '/ca.pem' } },
  }
  expect(javaSettings(secure).trim().split('\n')).toEqual([
    'security.protocol=SASL_SSL',
    'ssl.truststore.type=PEM',
    'ssl.truststore.location=/ca.pem',
    'sasl.mechanism=SCRAM-SHA-512',
    'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="of-kafka";',
    'redis.username=admin',
    'redis.password=of-redis',
    'redis.ca.file=/ca.pem',
  ])
})

it('refuses a login that is no name and password', () => {
  const sasl = { mechanism: 'oauthbearer', tokenProvider: () => Promise.resolve('') } as never
  expect(() => javaSettings({ ...plain, kafka: { ...plain.kafka, sasl } })).toThrow(/not by oauthbearer/)
})
