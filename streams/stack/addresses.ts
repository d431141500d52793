import { type RegistryAccess, withoutSecrets } from '#schemas'
import type { Addresses, KafkaAddress, RedisAddress } from '../contract.ts'
import type { KafkaSecurity } from '../kafka-security.ts'
import type { RedisAccess } from '../redis-access.ts'
import { AddressInvalidError } from './errors.ts'
import { kafkaSecurityEnvironment, kafkaSecurityOf } from './kafka-security-environment.ts'
import { redisAccessEnvironment, redisAccessOf, redisPlaceOf } from './redis-access-environment.ts'
import { registryAccessEnvironment, registryAccessOf } from './registry-access-environment.ts'
import { ADDRESS_VARIABLES, SERVICE_NAMES, type ServiceName } from './stack-services.ts'

/** The part of the configuration that names services: the `streams` section has this shape. */
export interface AddressSettings {
  kafka?: KafkaSecurity & { brokers?: string[] | undefined }
  registry?: RegistryAccess & { url?: string | undefined; otherUrls?: string[] | undefined }
  redis?: RedisAccess & { url?: string | undefined }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** An address that somebody gave: it is used as it is and never started or stopped. */
export interface GivenAddress {
  /** `host:port[,host:port...]` for Kafka, a URL for the others. */
  address: string
  /** Where it was given, for messages. */
  source: string
  /** TLS and login, of Kafka. */
  security?: KafkaSecurity
  /** Login, TLS, Cluster or Sentinels of Redis. */
  redis?: RedisAccess
  /** Login and TLS of the registry. */
  registry?: RegistryAccess
}

/** What is given beside the texts of the addresses. */
export type GivenAccess = Pick<GivenAddress, 'redis' | 'registry'>

/**
 * What environment and configuration say, environment first, service by service: one may be given, others local.
 * Throws AddressInvalidError naming the value and where it came from.
 *
 * @param services those that are asked for: a mistake in the address of another is no matter
 */
export function givenAddresses(
  env: Environment,
  config: AddressSettings,
  services: readonly ServiceName[] = SERVICE_NAMES,
): Partial<Record<ServiceName, GivenAddress>> {
  const configured: Record<ServiceName, string | undefined> = {
    kafka: config.kafka?.brokers?.join(','),
    redis: config.redis?.url,
    registry:
      [config.registry?.url, ...(config.registry?.otherUrls ?? [])].filter(Boolean).join(',') || undefined,
  }
  const given: Partial<Record<ServiceName, GivenAddress>> = {}
  for (const service of services) {
    const place = service === 'redis' ? redisPlaceOf(env, config.redis ?? {}) : undefined
    if (place !== undefined) {
      given.redis = { ...place, redis: redisAccessOf(env, config.redis ?? {}) }
      continue
    }
    const variable = ADDRESS_VARIABLES[service]
    const fromEnvironment = env[variable]?.trim()
    const address = fromEnvironment || configured[service]
    if (!address) continue
    const source = fromEnvironment ? variable : `the configuration, ${CONFIGURED_AT[service]}`
    given[service] = {
      address: checked(service, address, source),
      source,
      ...accessOf(service, env, config),
    }
  }
  return given
}

/** Nothing where nothing is said. */
function accessOf(service: ServiceName, env: Environment, config: AddressSettings): Partial<GivenAddress> {
  switch (service) {
    case 'kafka': {
      const security = kafkaSecurityOf(env, config.kafka ?? {})
      return Object.keys(security).length === 0 ? {} : { security }
    }
    case 'redis': {
      const redis = redisAccessOf(env, config.redis ?? {})
      return Object.keys(redis).length === 0 ? {} : { redis }
    }
    case 'registry': {
      const registry = registryAccessOf(env, config.registry ?? {})
      return Object.keys(registry).length === 0 ? {} : { registry }
    }
  }
}

/** What clients are told, from the checked text of each address. */
export function addressesOf(
  text: Readonly<Record<ServiceName, string>>,
  security: KafkaSecurity = {},
  { redis = {}, registry = {} }: GivenAccess = {},
): Addresses {
  return {
    kafka: kafkaAddressOf(text.kafka, security),
    registry: registryAddressOf(text.registry, registry),
    redis: redisAddressOf(text.redis, redis),
  }
}

/** The same of one service. */
export function addressOf(
  service: ServiceName,
  { address, security, redis, registry }: Omit<GivenAddress, 'source'>,
): Partial<Addresses> {
  switch (service) {
    case 'kafka':
      return { kafka: kafkaAddressOf(address, security) }
    case 'redis':
      return { redis: redisAddressOf(address, redis) }
    case 'registry':
      return { registry: registryAddressOf(address, registry) }
  }
}

export function redisAddressOf(text: string, access: RedisAccess = {}): RedisAddress {
  return { url: text, ...access }
}

/** Of one URL, or of several with commas between. */
export function registryAddressOf(text: string, access: RegistryAccess = {}): Addresses['registry'] {
  const [url = text, ...otherUrls] = text.split(',')
  return { url, ...(otherUrls.length === 0 ? {} : { otherUrls }), ...access }
}

export function kafkaAddressOf(text: string, security: KafkaSecurity = {}): KafkaAddress {
  return { brokers: brokerList(text), ...security }
}

/** The environment that gives these addresses to another process: `givenAddresses` reads it there. */
export function environmentOf({ kafka, registry, redis }: Addresses): Record<string, string> {
  return {
    [ADDRESS_VARIABLES.kafka]: kafka.brokers.join(','),
    ...kafkaSecurityEnvironment(kafka),
    [ADDRESS_VARIABLES.registry]: [registry.url, ...(registry.otherUrls ?? [])].join(','),
    ...registryAccessEnvironment(registry),
    [ADDRESS_VARIABLES.redis]: redis.url,
    ...redisAccessEnvironment(redis),
  }
}

function brokerList(address: string): string[] {
  return address.split(',').map((broker) => broker.trim())
}

const CONFIGURED_AT: Record<ServiceName, string> = {
  kafka: 'kafka.brokers',
  redis: 'redis.url',
  registry: 'registry.url',
}

function checked(service: ServiceName, address: string, source: string): string {
  switch (service) {
    case 'kafka': {
      for (const broker of brokerList(address))
        if (!isHostAndPort(broker)) throw new AddressInvalidError(broker, source, 'host:port[,host:port...]')
      return brokerList(address).join(',')
    }
    case 'redis':
      if (!hasScheme(address, ['redis:', 'rediss:']))
        throw new AddressInvalidError(withoutSecrets(address), source, 'redis://host:port')
      return address
    case 'registry':
      return address
        .split(',')
        .map((each) => {
          const url = each.trim().replace(/\/+$/, '')
          if (hasScheme(url, ['http:', 'https:'])) return url
          throw new AddressInvalidError(withoutSecrets(url), source, 'http://host:port/path')
        })
        .join(',')
  }
}

function isHostAndPort(broker: string): boolean {
  const match = /^(\[[0-9a-fA-F:]+\]|[^\s:/]+):(\d{1,5})$/.exec(broker)
  return match !== null && Number(match[2]) >= 1 && Number(match[2]) <= 65_535
}

function hasScheme(address: string, schemes: string[]): boolean {
  return (
    URL.canParse(address) && schemes.includes(new URL(address).protocol) && new URL(address).hostname !== ''
  )
}
