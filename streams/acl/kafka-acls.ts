import type { KafkaAddress } from '../contract.ts'
import { createPlainKafka } from '../kafka/kafka-client.ts'
import type { AnyAcl } from './acl-lines.ts'
import type { AclOperation, ServiceAcl } from './service-acls.ts'

// kafkajs' enumerations; Node's ESM loader does not see their names in kafkajs, a CommonJS package.
const RESOURCES: Record<ServiceAcl['resource'], number> = {
  topic: 2,
  group: 3,
  cluster: 4,
  'transactional-id': 5,
}
const PATTERNS: Record<ServiceAcl['pattern'], number> = { literal: 3, prefixed: 4 }
const OPERATIONS: Record<AclOperation, number> = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  'describe-configs': 10,
  'alter-configs': 11,
}
const ALLOW = 3
const EVERY_HOST = '*'

/**
 * Gives these rights; one that is there already stays. Takes none away.
 *
 * @throws what kafkajs throws, when the user of `address` may not alter the cluster
 */
export async function applyAcls(address: KafkaAddress, acls: readonly AnyAcl[]): Promise<void> {
  const admin = createPlainKafka(address, { clientId: 'feedloop-acls' }).admin()
  try {
    await admin.connect()
    const acl = acls.flatMap(({ user, resource, pattern, name, operations }) =>
      operations.map((operation) => ({
        principal: `User:${user}`,
        host: EVERY_HOST,
        resourceType: RESOURCES[resource],
        resourceName: name,
        resourcePatternType: PATTERNS[pattern],
        operation: OPERATIONS[operation],
        permissionType: ALLOW,
      })),
    )
    await admin.createAcls({ acl })
  } finally {
    await admin.disconnect()
  }
}
