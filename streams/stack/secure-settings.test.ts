import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { brokerProperties } from './broker-properties.ts'
import type { StackSecurity } from './fs-secure.ts'
import { brokerFormatLaunch } from './launch.ts'
import { redisSettings } from './redis-settings.ts'
import { formatArguments, secureBrokerSettings, secureFormatLaunch } from './secure-broker.ts'
import { redisUsers, secureRedisSettings } from './secure-redis.ts'
import { secureRegistrySettings } from './secure-registry.ts'
import { STACK_USERS, type StackUser } from './secure-users.ts'

const passwords = Object.fromEntries(STACK_USERS.map((user) => [user, `pw-of-${user}`])) as Record<
  StackUser,
  string
>
const security: StackSecurity = {
  certificates: {
    caPemFile: '/c/ca.pem',
    serverCertPemFile: '/c/server.pem',
    serverKeyPemFile: '/c/server.key',
    keystoreFile: '/c/server.p12',
    keystorePassword: 'pw-of-keystore',
  },
  passwords,
}

test('the broker has no plain listener, and its controller takes only its own certificate', () => {
  const ports = { broker: 1111, controller: 2222 }
  const text = brokerProperties(ports, { settings: secureBrokerSettings(ports, security) })
  const lines = text.trimEnd().split('\n')
  expect(lines).toContain('listeners=SASL_SSL://127.0.0.1:1111,CONTROLLER://127.0.0.1:2222')
  expect(lines).toContain('advertised.listeners=SASL_SSL://127.0.0.1:1111')
  expect(lines).toContain('listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:SSL')
  expect(lines).toContain('listener.name.controller.ssl.client.auth=required')
  expect(lines).toContain('allow.everyone.if.no.acl.found=false')
  expect(text).not.toMatch(/PLAINTEXT|ANONYMOUS/)
})

test('users are made at the format, and no password is on its command line', () => {
  const format = brokerFormatLaunch('java', '/a b', 'id')
  const lines = formatArguments(format, passwords).trimEnd().split('\n')
  expect(lines.slice(0, format.args.length)).toEqual(format.args.map((argument) => `"${argument}"`))
  expect(lines).toContain('"SCRAM-SHA-512=[name=scorer,password=pw-of-scorer]"')
  expect(lines.filter((line) => line === '"--add-scram"')).toHaveLength(STACK_USERS.length)
  expect(secureFormatLaunch('java').args.join()).not.toContain('pw-of')
})

test('Redis listens on TLS alone, and who has no login may do nothing', () => {
  const text = redisSettings(1111, secureRedisSettings(1111, security.certificates))
  expect(text).toContain('\nport 0\n')
  expect(text).toContain('\ntls-port 1111\n')
  const users = redisUsers('feed', passwords)
  expect(users.split('\n')[0]).toBe('user default off')
  expect(users).not.toContain('pw-of')
  const hash = createHash('sha256').update('pw-of-scorer').digest('hex')
  expect(users).toContain(
    `user scorer on #${hash} ~feed:* resetchannels -@all +@read +@connection -@dangerous +info\n`,
  )
  expect(users).not.toMatch(/^user (feed|registry) /m)
})

test('the registry speaks HTTPS alone, asks everybody for a login, and logs in to Kafka as itself', () => {
  const lines = secureRegistrySettings(1111, security).trimEnd().split('\n')
  expect(lines).toContain('quarkus.http.ssl-port=1111')
  expect(lines).toContain('quarkus.http.insecure-requests=disabled')
  expect(lines).toContain('apicurio.kafka.common.security.protocol=SASL_SSL')
  expect(lines.join('\n')).toContain('username="registry" password="pw-of-registry";')
  expect(lines).toContain('quarkus.http.auth.permission.all.paths=/*')
  expect(lines).toContain('quarkus.http.auth.permission.all.policy=authenticated')
  expect(lines).toContain('quarkus.security.users.embedded.roles.feed=sr-readonly')
  const digest = createHash('sha256').update('scorer:Quarkus:pw-of-scorer').digest('hex')
  expect(lines).toContain(`quarkus.security.users.embedded.users.scorer=${digest}`)
  expect(lines.join('\n')).not.toMatch(/pw-of-(?!registry)/)
})
