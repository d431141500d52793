import type { AclOperation, ServiceAcl } from './service-acls.ts'

/** A right of anybody: of a service, or of what stands beside it. */
export type AnyAcl = Omit<ServiceAcl, 'user'> & { user: string }

/** As kafka-acls spells them. */
const OPERATIONS: Record<AclOperation, string> = {
  read: 'Read',
  write: 'Write',
  describe: 'Describe',
  create: 'Create',
  delete: 'Delete',
  alter: 'Alter',
  'describe-configs': 'DescribeConfigs',
  'alter-configs': 'AlterConfigs',
}

/**
 * One `kafka-acls.sh` command per right, a comment before each user. Brokers and login are left to the shell:
 * `--bootstrap-server "$BROKERS" --command-config "$ADMIN"`.
 */
export function aclCommandLines(acls: readonly AnyAcl[]): string[] {
  const users = [...new Set(acls.map(({ user }) => user))]
  return users.flatMap((user) => [`# ${user}`, ...acls.filter((acl) => acl.user === user).map(commandLine)])
}

function commandLine({ user, resource, pattern, name, operations }: AnyAcl): string {
  const on = resource === 'cluster' ? '--cluster' : `--${resource} ${name} --resource-pattern-type ${pattern}`
  const allowed = operations.map((operation) => `--operation ${OPERATIONS[operation]}`).join(' ')
  return `kafka-acls.sh --bootstrap-server "$BROKERS" --command-config "$ADMIN" --add --allow-principal User:${user} ${allowed} ${on}`
}
