import type { Addresses, KafkaAddress } from '../contract.ts'
import type { KafkaSecurity } from '../kafka-security.ts'
import { AddressInvalidError } from './errors.ts'
import { kafkaSecurityEnvironment, kafkaSecurityOf } from './kafka-security-environment.ts'
import { ADDRESS_VARIABLES, SERVICE_NAMES, type ServiceName } from './stack-services.ts'

/** The part of the configuration that names services: the `streams` section has this shape. */
export interface AddressSettings {
  kafka?: KafkaSecurity & { brokers?: string[] | undefined }
  registry?: { url?: string | undefined }
  redis?: { url?: string | undefined }
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
}

/**
 * What environment and configuration say, environment first, service by service: one may be given, others local.
 * Throws AddressInvalidError naming the value and where it came from.
 */
export function givenAddresses(
  env: Environment,
  config: AddressSettings,
): Partial<Record<ServiceName, GivenAddress>> {
  const configured: Record<ServiceName, string | undefined> = {
    kafka: config.kafka?.brokers?.join(','),
    redis: config.redis?.url,
    registry: config.registry?.url,
  }
  const given: Partial<Record<ServiceName, GivenAddress>> = {}
  for (const service of SERVICE_NAMES) {
    const variable = ADDRESS_VARIABLES[service]
    const fromEnvironment = env[variable]?.trim()
    const address = fromEnvironment || configured[service]
    if (!address) continue
    const source = fromEnvironment ? variable : `the configuration, ${CONFIGURED_AT[service]}`
    given[service] = { address: checked(service, address, source), source }
    if (service === 'kafka') Object.assign(given[service], securityOf(env, config))
  }
  return given
}

/** Nothing when there is none. */
function securityOf(env: Environment, { kafka = {} }: AddressSettings): { security?: KafkaSecurity } {
  const security = kafkaSecurityOf(env, kafka)
  return Object.keys(security).length === 0 ? {} : { security }
}

/** What clients are told, from the checked text of each address. */
export function addressesOf(
  text: Readonly<Record<ServiceName, string>>,
  security: KafkaSecurity = {},
): Addresses {
  return {
    kafka: kafkaAddressOf(text.kafka, security),
    registry: { url: text.registry },
    redis: { url: text.redis },
  }
}

export function kafkaAddressOf(text: string, security: KafkaSecurity = {}): KafkaAddress {
  return { brokers: brokerList(text), ...security }
}

/** The environment that gives these addresses to another process: `givenAddresses` reads it there. */
export function environmentOf({ kafka, registry, redis }: Addresses): Record<string, string> {
  return {
    [ADDRESS_VARIABLES.kafka]: kafka.brokers.join(','),
    ...kafkaSecurityEnvironment(kafka),
    [ADDRESS_VARIABLES.registry]: registry.url,
    [ADDRESS_VARIABLES.redis]: redis.url,
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
        throw new AddressInvalidError(address, source, 'redis://host:port')
      return address
    case 'registry':
      if (!hasScheme(address, ['http:', 'https:']))
        throw new AddressInvalidError(address, source, 'http://host:port/path')
      return address.replace(/\/+$/, '')
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
