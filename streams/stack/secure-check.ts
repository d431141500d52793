import { checkKafka } from './kafka-ready.ts'
import { checkRedis } from './redis-ready.ts'
import { checkRegistry } from './registry-ready.ts'
import { kafkaAddressOf } from './addresses.ts'
import { kafkaSecurityAs, redisAddressAs, registryAddressAs } from './secure-addresses.ts'
import type { StackUser } from './secure-users.ts'
import type { ServiceName } from './stack-services.ts'

/** One try of a real request to a service of the secure stack in `dir`, as one of its users. */
export function checkSecure(
  service: ServiceName,
  user: StackUser,
  dir: string,
  address: string,
): Promise<void> {
  switch (service) {
    case 'kafka':
      return checkKafka(kafkaAddressOf(address, kafkaSecurityAs(user, dir)))
    case 'redis':
      return checkRedis(redisAddressAs(user, dir, address))
    case 'registry':
      return checkRegistry(registryAddressAs(user, dir, address))
  }
}
