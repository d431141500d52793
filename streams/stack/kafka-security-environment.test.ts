import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type KafkaSecurity, kafkaTlsSchema } from '../kafka-security.ts'
import type { Secret } from '../secret.ts'
import { AddressInvalidError } from './errors.ts'
import { kafkaSecurityEnvironment, kafkaSecurityOf } from './kafka-security-environment.ts'

const tls = kafkaTlsSchema.parse({ caFile: '/ca.pem', serverName: 'kafka' })

describe('kafkaSecurityOf', () => {
  it('is nothing where nothing is said, and the configuration where the environment is silent', () => {
    expect(kafkaSecurityOf({}, {})).toEqual({})
    const configured: KafkaSecurity = {
      tls,
      sasl: { mechanism: 'plain', username: 'u', password: { file: '/p' } },
    }
    expect(kafkaSecurityOf({}, configured)).toEqual(configured)
  })

  it('takes each field of the environment first; a secret is where it is kept, not what it is', () => {
    const env = {
      FEEDLOOP_KAFKA_TLS_CA_FILE: '/other.pem',
      FEEDLOOP_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      FEEDLOOP_KAFKA_SASL_USERNAME: 'scorer',
      FEEDLOOP_KAFKA_SASL_PASSWORD: 'open sesame',
    }
    expect(kafkaSecurityOf(env, { tls })).toEqual({
      tls: { ...tls, caFile: '/other.pem' },
      sasl: {
        mechanism: 'scram-sha-512',
        username: 'scorer',
        password: { env: 'FEEDLOOP_KAFKA_SASL_PASSWORD' },
      },
    })
    expect(
      kafkaSecurityOf({ ...env, FEEDLOOP_KAFKA_SASL_PASSWORD_FILE: '/run/secret' }, {}).sasl,
    ).toMatchObject({ password: { file: '/run/secret' } })
  })

  it('can be turned off', () => {
    const env = { FEEDLOOP_KAFKA_TLS: 'false', FEEDLOOP_KAFKA_SASL_MECHANISM: 'none' }
    expect(kafkaSecurityOf(env, { tls, sasl: { mechanism: 'plain', username: 'u', password: 'p' } })).toEqual(
      {},
    )
  })

  it.each([
    [{ FEEDLOOP_KAFKA_TLS: 'yes' }, 'FEEDLOOP_KAFKA_TLS'],
    [{ FEEDLOOP_KAFKA_TLS_CERT_FILE: '/c.pem' }, 'FEEDLOOP_KAFKA_TLS_KEY_FILE'],
    [{ FEEDLOOP_KAFKA_SASL_MECHANISM: 'gssapi' }, 'scram-sha-512'],
    [{ FEEDLOOP_KAFKA_SASL_USERNAME: 'u' }, 'FEEDLOOP_KAFKA_SASL_MECHANISM'],
    [
      { FEEDLOOP_KAFKA_SASL_MECHANISM: 'plain', FEEDLOOP_KAFKA_SASL_USERNAME: 'u' },
      'FEEDLOOP_KAFKA_SASL_PASSWORD',
    ],
    [{ FEEDLOOP_KAFKA_SASL_MECHANISM: 'oauthbearer' }, 'needs tokenUrl'],
  ])('%j is refused, naming what is wrong', (env, named) => {
    expect(() => kafkaSecurityOf(env, {})).toThrow(AddressInvalidError)
    expect(() => kafkaSecurityOf(env, {})).toThrow(named)
  })
})

describe('kafkaSecurityEnvironment', () => {
  it.each<KafkaSecurity>([
    {},
    { tls },
    { sasl: { mechanism: 'scram-sha-256', username: 'u', password: { file: '/p' } } },
    {
      tls,
      sasl: {
        mechanism: 'oauthbearer',
        tokenUrl: 'https://sso/token',
        clientId: 'me',
        clientSecret: { file: '/s' },
        scope: 'kafka',
      },
    },
    { sasl: { mechanism: 'aws-msk-iam', region: 'eu-west-1' } },
  ])('gives another process %j, whatever the configuration says there', (security) => {
    const configured: KafkaSecurity = {
      tls: kafkaTlsSchema.parse({}),
      sasl: { mechanism: 'plain', username: 'x', password: 'y' },
    }
    const there = kafkaSecurityOf(
      kafkaSecurityEnvironment(security),
      security.sasl ? {} : { sasl: configured.sasl },
    )
    expect(there).toEqual(security)
  })

  it('hands a text on as text, a file as its path', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = path.join(folder, 'secret')
    writeFileSync(file, 'kept')
    chmodSync(file, 0o600)
    const given = (password: Secret) =>
      kafkaSecurityEnvironment({ sasl: { mechanism: 'plain', username: 'u', password } })
    expect(given('said')).toMatchObject({ FEEDLOOP_KAFKA_SASL_PASSWORD: 'said' })
    expect(given({ file })).toMatchObject({ FEEDLOOP_KAFKA_SASL_PASSWORD_FILE: file })
    expect(JSON.stringify(given({ file }))).not.toContain('kept')
  })
})
