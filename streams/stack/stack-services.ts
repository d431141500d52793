/** The three services of a local stack: names, versions and usual ports. docker-compose.kafka.yml agrees (compose.test.ts). */
export const SERVICE_NAMES = ['kafka', 'redis', 'registry'] as const
export type ServiceName = (typeof SERVICE_NAMES)[number]

/** Stopped in this order: what writes into Kafka stops before Kafka. */
export const STOP_ORDER: readonly ServiceName[] = ['registry', 'redis', 'kafka']

export const SERVICE_TITLES: Record<ServiceName, string> = {
  kafka: 'Kafka',
  redis: 'Redis',
  registry: 'schema registry',
}

export const KAFKA_VERSION = '4.1.1'
export const REGISTRY_VERSION = '3.0.9'
/** The oldest Redis on the PATH that is good enough. */
export const REDIS_VERSION_MIN = '6.2'
export const JAVA_VERSION_MIN = 17

export const LOCAL_HOST = '127.0.0.1'
export const USUAL_PORTS: Record<ServiceName, number> = { kafka: 9092, redis: 6379, registry: 8081 }
/** The broker's own control listener; nothing else talks to it. */
export const USUAL_CONTROLLER_PORT = 9093

/** Confluent-compatible door of Apicurio. */
export const REGISTRY_PATH = '/apis/ccompat/v7'

/** Environment variables that name running services, before configuration and local stack. */
export const ADDRESS_VARIABLES: Record<ServiceName, string> = {
  kafka: 'FEEDLOOP_KAFKA_BROKERS',
  redis: 'FEEDLOOP_REDIS_URL',
  registry: 'FEEDLOOP_REGISTRY_URL',
}
export const CACHE_VARIABLE = 'FEEDLOOP_CACHE_DIR'

export function localAddress(service: ServiceName, port: number): string {
  switch (service) {
    case 'kafka':
      return `${LOCAL_HOST}:${port}`
    case 'redis':
      return `redis://${LOCAL_HOST}:${port}`
    case 'registry':
      return `http://${LOCAL_HOST}:${port}${REGISTRY_PATH}`
  }
}

/** Where a service of a secure stack is: the same, over TLS. */
export const secureAddress = (service: ServiceName, port: number): string =>
  localAddress(service, port)
    .replace(/^redis:/, 'rediss:')
    .replace(/^http:/, 'https:')

/** On the usual ports, as containers are. */
export const usualSecureAddresses = (): Record<ServiceName, string> => ({
  kafka: secureAddress('kafka', USUAL_PORTS.kafka),
  redis: secureAddress('redis', USUAL_PORTS.redis),
  registry: secureAddress('registry', USUAL_PORTS.registry),
})
