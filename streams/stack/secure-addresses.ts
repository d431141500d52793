import type { Addresses, RedisAddress } from '../contract.ts'
import type { KafkaSecurity } from '../kafka-security.ts'
import type { RegistryAddress } from '#schemas'
import { kafkaAddressOf } from './addresses.ts'
import { caFileOf, passwordFileOf } from './fs-secure.ts'
import type { StackUser } from './secure-users.ts'
import type { ServiceName } from './stack-services.ts'

/** How a user of the secure stack in `dir` is let in everywhere: by files, so that no password is in it. */
export function secureAddresses(
  user: StackUser,
  dir: string,
  { kafka, redis, registry }: Readonly<Record<ServiceName, string>>,
): Addresses {
  return {
    kafka: kafkaAddressOf(kafka, kafkaSecurityAs(user, dir)),
    redis: redisAddressAs(user, dir, redis),
    registry: registryAddressAs(user, dir, registry),
  }
}

/** The same of one service. */
export function secureAddressOf(
  service: ServiceName,
  user: StackUser,
  dir: string,
  address: string,
): Partial<Addresses> {
  switch (service) {
    case 'kafka':
      return { kafka: kafkaAddressOf(address, kafkaSecurityAs(user, dir)) }
    case 'redis':
      return { redis: redisAddressAs(user, dir, address) }
    case 'registry':
      return { registry: registryAddressAs(user, dir, address) }
  }
}

export const kafkaSecurityAs = (user: StackUser, dir: string): KafkaSecurity => ({
  tls: { enabled: true, caFile: caFileOf(dir) },
  sasl: { mechanism: 'scram-sha-512', username: user, password: { file: passwordFileOf(dir, user) } },
})

export const redisAddressAs = (user: StackUser, dir: string, url: string): RedisAddress => ({
  url,
  username: user,
  password: { file: passwordFileOf(dir, user) },
  tls: { caFile: caFileOf(dir) },
})

export const registryAddressAs = (user: StackUser, dir: string, url: string): RegistryAddress => ({
  url,
  username: user,
  password: { file: passwordFileOf(dir, user) },
  tls: { caFile: caFileOf(dir) },
})
