import { ACL_USERS, CLUSTER_NAME, type ServiceAcl } from '../acl/service-acls.ts'

/** Who can log in to a secure stack: `admin` is the broker itself and may do everything, `registry` is Apicurio. */
export const STACK_USERS = [...ACL_USERS, 'admin', 'registry'] as const
export type StackUser = (typeof STACK_USERS)[number]

export const SCRAM_MECHANISM = 'SCRAM-SHA-512'

/** A right of anybody on the secure stack: the registry keeps its schemas in Kafka. */
export type StackAcl = Omit<ServiceAcl, 'user'> & { user: StackUser }

/** Topics of Apicurio's own, and the groups it reads them with. */
export const REGISTRY_ACLS: readonly StackAcl[] = [
  ...['kafkasql-journal', 'kafkasql-snapshots', 'registry-events'].map((name): StackAcl => ({
    user: 'registry',
    resource: 'topic',
    pattern: 'literal',
    name,
    operations: ['read', 'write', 'describe', 'create', 'describe-configs'],
  })),
  { user: 'registry', resource: 'group', pattern: 'prefixed', name: 'apicurio-', operations: ['read'] },
  {
    user: 'registry',
    resource: 'cluster',
    pattern: 'literal',
    name: CLUSTER_NAME,
    operations: ['describe'],
  },
]
