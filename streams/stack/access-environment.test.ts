import { describe, expect, test } from 'vitest'
import type { RedisAccess } from '../redis-access.ts'
import {
  type AddressSettings,
  addressesOf,
  type Environment,
  environmentOf,
  givenAddresses,
} from './addresses.ts'
import { AddressInvalidError } from './errors.ts'

const RUNNING = {
  FEEDLOOP_KAFKA_BROKERS: 'a:1',
  FEEDLOOP_REGISTRY_URL: 'http://r:1',
  FEEDLOOP_REDIS_URL: 'redis://h:1',
}

function addressesFrom(env: Environment, config: AddressSettings = {}) {
  const given = givenAddresses(env, config)
  const { kafka, redis, registry } = given
  const texts = { kafka: kafka!.address, redis: redis!.address, registry: registry!.address }
  return addressesOf(texts, kafka!.security, { ...redis, ...registry })
}
const redisFrom = (env: Environment, redis: RedisAccess & { url?: string } = {}) =>
  addressesFrom({ ...RUNNING, FEEDLOOP_REDIS_URL: '', ...env }, { redis }).redis

describe('how Redis is reached', () => {
  test('login and TLS: each variable wins over its setting, and secrets stay where they are', () => {
    const configured = {
      url: 'redis://c:1',
      username: 'configured',
      tls: { caFile: '/ca', serverName: 'db' },
    }
    const env = {
      FEEDLOOP_REDIS_USERNAME: 'scorer',
      FEEDLOOP_REDIS_PASSWORD: 'x',
      FEEDLOOP_REDIS_TLS_CA_FILE: '/own',
    }
    expect(redisFrom(env, configured)).toEqual({
      url: 'redis://c:1',
      username: 'scorer',
      password: { env: 'FEEDLOOP_REDIS_PASSWORD' },
      tls: { caFile: '/own', serverName: 'db' },
    })
    expect(redisFrom({ FEEDLOOP_REDIS_TLS: 'false' }, configured)).not.toHaveProperty('tls')
    expect(redisFrom({ FEEDLOOP_REDIS_TLS: 'true', FEEDLOOP_REDIS_URL: 'redis://h:1' })).toEqual({
      url: 'redis://h:1',
      tls: {},
    })
  })

  test('a Cluster or Sentinels stand for the URL; a URL of the environment for those of the configuration', () => {
    const cluster = ['a:1', 'b:2']
    expect(redisFrom({ FEEDLOOP_REDIS_CLUSTER: 'a:1, b:2' })).toEqual({ url: 'redis://a:1', cluster })
    expect(redisFrom({}, { cluster })).toEqual({ url: 'redis://a:1', cluster })
    expect(redisFrom({ FEEDLOOP_REDIS_URL: 'redis://h:1' }, { cluster })).toEqual({ url: 'redis://h:1' })
    const env = {
      FEEDLOOP_REDIS_SENTINELS: 's:1',
      FEEDLOOP_REDIS_SENTINEL_NAME: 'feed',
      FEEDLOOP_REDIS_SENTINEL_PASSWORD_FILE: '/p',
    }
    expect(redisFrom(env, { cluster })).toEqual({
      url: 'redis://s:1',
      sentinel: { servers: ['s:1'], name: 'feed', password: { file: '/p' } },
    })
  })

  test.each([
    ['FEEDLOOP_REDIS_CLUSTER', 'a'],
    ['FEEDLOOP_REDIS_SENTINELS', 'redis://a:1'],
    ['FEEDLOOP_REDIS_TLS', 'yes'],
    ['FEEDLOOP_REDIS_TLS_CERT_FILE', '/c'],
  ])('%s=%s is refused, naming it', (variable, value) => {
    expect(() => redisFrom({ FEEDLOOP_REDIS_URL: 'redis://h:1', [variable]: value })).toThrow(
      AddressInvalidError,
    )
    expect(() => redisFrom({ FEEDLOOP_REDIS_URL: 'redis://h:1', [variable]: value })).toThrow(
      variable.replace('_CERT_FILE', ''),
    )
  })
})

test('an address that is no URL is told without its password', () => {
  const attempt = () => givenAddresses({ FEEDLOOP_REDIS_URL: 'http://u:hunter2@h:1' }, {})
  expect(attempt).toThrow('http://u:***@h:1')
})

test('a registry may have several URLs, a login and an authority', () => {
  const env = {
    ...RUNNING,
    FEEDLOOP_REGISTRY_URL: 'https://a/x/,https://b/x',
    FEEDLOOP_REGISTRY_TOKEN_FILE: '/t',
    FEEDLOOP_REGISTRY_TLS_CA_FILE: '/ca',
  }
  const registry = {
    url: 'https://a/x',
    otherUrls: ['https://b/x'],
    token: { file: '/t' },
    tls: { caFile: '/ca' },
  }
  expect(addressesFrom(env).registry).toEqual(registry)
  const configured = { registry: { url: 'http://c', otherUrls: ['http://d'], username: 'u', password: 'p' } }
  expect(addressesFrom({ ...RUNNING, FEEDLOOP_REGISTRY_URL: '' }, configured).registry).toEqual(
    configured.registry,
  )
})

test('the environment made of addresses gives another process the same', () => {
  const addresses = addressesFrom({
    ...RUNNING,
    FEEDLOOP_REDIS_CLUSTER: 'a:1,b:2',
    FEEDLOOP_REDIS_USERNAME: 'u',
    FEEDLOOP_REDIS_PASSWORD_FILE: '/p',
    FEEDLOOP_REDIS_TLS_CERT_FILE: '/c',
    FEEDLOOP_REDIS_TLS_KEY_FILE: '/k',
    FEEDLOOP_REGISTRY_USERNAME: 'r',
    FEEDLOOP_REGISTRY_PASSWORD_FILE: '/q',
  })
  expect(addressesFrom(environmentOf(addresses))).toEqual(addresses)
  const sentinels = addressesFrom({
    ...RUNNING,
    FEEDLOOP_REDIS_SENTINELS: 's:1',
    FEEDLOOP_REDIS_SENTINEL_TLS_CA_FILE: '/ca',
  })
  expect(addressesFrom(environmentOf(sentinels))).toEqual(sentinels)
})
