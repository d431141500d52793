import { describe, expect, test } from 'vitest'
import { addressesOf, environmentOf, givenAddresses, kafkaAddressOf } from './addresses.ts'
import { AddressInvalidError } from './errors.ts'

describe('givenAddresses', () => {
  test('nothing given: nothing', () => {
    expect(givenAddresses({}, {})).toEqual({})
    expect(givenAddresses({ FEEDLOOP_REDIS_URL: '  ' }, { kafka: {}, registry: {}, redis: {} })).toEqual({})
  })

  test('the environment wins over the configuration, service by service', () => {
    const config = { kafka: { brokers: ['c:1', 'd:2'] }, redis: { url: 'redis://configured:1' } }
    const given = givenAddresses({ FEEDLOOP_REDIS_URL: 'rediss://user:pw@env:2' }, config)
    expect(given).toEqual({
      kafka: { address: 'c:1,d:2', source: 'the configuration, kafka.brokers' },
      redis: { address: 'rediss://user:pw@env:2', source: 'FEEDLOOP_REDIS_URL' },
    })
  })

  test('a registry URL loses its last slash, a broker list its blanks', () => {
    const given = givenAddresses(
      { FEEDLOOP_REGISTRY_URL: 'http://r:1/a/', FEEDLOOP_KAFKA_BROKERS: 'a:1, [::1]:2' },
      {},
    )
    expect(given.registry?.address).toBe('http://r:1/a')
    expect(kafkaAddressOf(given.kafka?.address ?? '')).toEqual({ brokers: ['a:1', '[::1]:2'] })
  })

  test.each([
    ['FEEDLOOP_KAFKA_BROKERS', 'localhost'],
    ['FEEDLOOP_KAFKA_BROKERS', 'a:1,'],
    ['FEEDLOOP_KAFKA_BROKERS', 'kafka://a:1'],
    ['FEEDLOOP_KAFKA_BROKERS', 'a:65536'],
    ['FEEDLOOP_REDIS_URL', 'localhost:6379'],
    ['FEEDLOOP_REGISTRY_URL', 'redis://r:1'],
    ['FEEDLOOP_REGISTRY_URL', 'http://'],
  ])('%s=%s is refused, naming both', (variable, value) => {
    const attempt = (): unknown => givenAddresses({ [variable]: value }, {})
    expect(attempt).toThrow(AddressInvalidError)
    expect(attempt).toThrow(variable)
  })
})

test('the environment made of addresses gives another process the same', () => {
  const addresses = addressesOf({ kafka: 'a:1,b:2', registry: 'http://r:1/x', redis: 'rediss://u:p@h:1' })
  const given = givenAddresses(environmentOf(addresses), {})
  const { kafka, registry, redis } = given
  expect(addressesOf({ kafka: kafka!.address, registry: registry!.address, redis: redis!.address })).toEqual(
    addresses,
  )
})
