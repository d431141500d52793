import type { Command } from 'commander'
import { registerAclCommand } from './acl/acl-commands.ts'
import type { StreamsConfig } from './config.ts'
import type { CommandContext } from './contract.ts'
import { catalogueOf } from './kafka/kafka-runtime.ts'
import { applyTopics, describeTopics } from './kafka/kafka-topics.ts'
import { table } from './table.ts'

type Context = Pick<CommandContext<StreamsConfig>, 'loadConfig' | 'addresses'>
interface JsonFlag {
  json?: true
}

export function registerTopicsCommands(program: Command, context: Context): void {
  const topics = program.command('topics').description('the topics of the feed')
  registerAclCommand(topics, context)

  topics
    .command('apply')
    .description('create topics that are missing, alter settings that differ')
    .option('--json', 'print what was done as JSON')
    .action(async ({ json }: JsonFlag) => {
      const catalogue = catalogueOf(await context.loadConfig())
      const changes = await applyTopics(await context.addresses(['kafka']), Object.values(catalogue))
      if (json) {
        const done = changes.map((change) => ({
          topic: change.topic.name,
          done: change.kind,
          changed: change.kind === 'alter' ? change.changed : {},
        }))
        return print(JSON.stringify(done, null, 2))
      }
      const says = { create: 'created', alter: 'altered', keep: 'as it was', refuse: 'refused' }
      for (const change of changes) {
        const altered = change.kind === 'alter' ? Object.entries(change.changed) : []
        const details = altered
          .map(([key, { from, to }]) => `${key}: ${from ?? '(unset)'} -> ${to}`)
          .join(', ')
        print(`${change.topic.name.padEnd(36)} ${says[change.kind]}${details && ` (${details})`}`)
      }
    })

  topics
    .command('list')
    .description('the catalogue and how the broker has it')
    .option('--json', 'print as JSON')
    .action(async ({ json }: JsonFlag) => {
      const specs = Object.values(catalogueOf(await context.loadConfig()))
      const found = await describeTopics(
        await context.addresses(['kafka']),
        specs.map(({ name }) => name),
      )
      const there = new Map(found.map((topic) => [topic.name, topic]))
      if (json) {
        const all = specs.map(({ key, name, partitions, config, owner, readers, keyField, subject }) => {
          const onBroker = there.get(name)
          return {
            topic: key,
            name,
            keyField,
            subject,
            owner,
            readers,
            partitions,
            config,
            exists: onBroker !== undefined,
            brokerPartitions: onBroker?.partitions ?? null,
          }
        })
        return print(JSON.stringify(all, null, 2))
      }
      const rows = specs.map(({ name, keyField, config, owner, readers }) => {
        const topic = there.get(name)
        const kept =
          config['cleanup.policy'] === 'compact'
            ? 'compacted'
            : `${Number(config['retention.ms']) / 86_400_000} d`
        return [
          name,
          keyField,
          topic === undefined ? 'missing' : String(topic.partitions),
          kept,
          `${owner.join('+')} -> ${readers.join('+')}`,
        ]
      })
      print(table(['topic', 'key', 'partitions', 'kept', 'written by -> read by'], rows))
    })
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
