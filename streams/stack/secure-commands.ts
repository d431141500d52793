import path from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { type AclUser, ACL_USERS, type ServiceAcl } from '../acl/service-acls.ts'
import { environmentOf } from './addresses.ts'
import { writeContainerFiles } from './fs-container-files.ts'
import { CONTAINERS_DIR_DEFAULT, STACK_DIR_DEFAULT } from './layout.ts'
import { secureAddresses } from './secure-addresses.ts'
import { usualSecureAddresses } from './stack-services.ts'
import { resolveSecureAddresses } from './stack-status.ts'

/** `stack files|env`: how services and containers get to a stack that asks who they are. */
export function registerSecureCommands(
  stack: Command,
  feed: () => Promise<{ prefix: string; acls: ServiceAcl[] }>,
): void {
  stack
    .command('files')
    .description('write certificates, logins and settings for the containers of the profile secure')
    .action(async () => {
      const folder = await writeContainerFiles(process.env, await feed())
      print(`${folder}: mounted by docker-compose.kafka.yml`)
    })

  stack
    .command('env')
    .description('print the environment in which a service finds the secure stack')
    .argument('<user>', ACL_USERS.join(', '), parseUser)
    .option('--containers', 'of the containers that docker-compose.kafka.yml starts with its profile secure')
    .option('--json', 'print as JSON')
    .action(async (user: AclUser, flags: { json?: boolean; containers?: boolean }) => {
      const variables = environmentOf(
        flags.containers
          ? secureAddresses(user, path.resolve(CONTAINERS_DIR_DEFAULT), usualSecureAddresses())
          : await resolveSecureAddresses(user, STACK_DIR_DEFAULT),
      )
      if (flags.json) return print(JSON.stringify(variables, null, 2))
      for (const [name, value] of Object.entries(variables)) print(`export ${name}=${quoted(value)}`)
    })
}

/** For a shell: paths may hold blanks. */
const quoted = (value: string): string =>
  /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`

function parseUser(text: string): AclUser {
  const user = ACL_USERS.find((known) => known === text)
  if (user === undefined) throw new InvalidArgumentError(`it is one of ${ACL_USERS.join(', ')}.`)
  return user
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
