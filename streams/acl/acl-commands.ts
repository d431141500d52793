import type { Command } from 'commander'
import type { StreamsConfig } from '../config.ts'
import type { CommandContext } from '../contract.ts'
import { catalogueOf } from '../kafka/kafka-runtime.ts'
import { aclCommandLines } from './acl-lines.ts'
import { serviceAcls } from './service-acls.ts'

/** `topics acl`: asks no broker, so that it can be run before there are any rights. */
export function registerAclCommand(
  topics: Command,
  context: Pick<CommandContext<StreamsConfig>, 'loadConfig'>,
): void {
  topics
    .command('acl')
    .description('print the rights that each service needs, for kafka-acls')
    .option('--json', 'print them as JSON')
    .action(async ({ json }: { json?: true }) => {
      const config = await context.loadConfig()
      const acls = serviceAcls({ prefix: config.prefix, catalogue: catalogueOf(config) })
      const text = json === true ? JSON.stringify(acls, null, 2) : aclCommandLines(acls).join('\n')
      process.stdout.write(`${text}\n`)
    })
}
