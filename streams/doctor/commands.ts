import type { Command } from 'commander'
import { hideSecrets, withoutSecrets } from '#schemas'
import type { StreamsConfig } from '../config.ts'
import type { CommandContext } from '../contract.ts'
import { table } from '../table.ts'
import { OperatorError } from '../errors.ts'
import type { Finding } from './finding.ts'
import { examine, type KnownAddresses } from './process-doctor.ts'

export function registerDoctorCommands<Config extends StreamsConfig>(
  program: Command,
  context: Pick<CommandContext<Config>, 'loadConfig' | 'addresses'>,
): void {
  program
    .command('doctor')
    .description('check brokers, topics, registry, Redis, clocks and limits, and say what to do')
    .option('--json', 'print as JSON')
    .action(async ({ json }: { json?: true }) => {
      const findings = await examine(await context.loadConfig(), await knownAddresses(context))
      if (json) process.stdout.write(`${JSON.stringify(findings, hideSecrets, 2)}\n`)
      else {
        const rows = findings.map(({ check, verdict, found }) => [verdict, check, withoutSecrets(found)])
        const todo = todoOf(findings)
        process.stdout.write(`${table(['', 'check', 'found'], rows)}\n`)
        if (todo.length > 0) process.stdout.write(`\nWhat to do:\n${todo.join('\n')}\n`)
      }
      if (findings.some(({ verdict }) => verdict === 'failed')) process.exitCode = 1
    })
}

/** Each action once, with all checks that ask for it. */
function todoOf(findings: readonly Finding[]): string[] {
  const checks = new Map<string, string[]>()
  for (const { check, action } of findings)
    if (action !== null) checks.set(action, [...(checks.get(action) ?? []), check])
  return [...checks].map(([action, asking]) => `- ${asking.join(', ')}: ${withoutSecrets(action)}`)
}

/** Each service by itself: the others are looked at when one is not known. */
async function knownAddresses({
  addresses,
}: Pick<CommandContext<unknown>, 'addresses'>): Promise<KnownAddresses> {
  const orWhy = async <Address>(asked: Promise<Address>): Promise<Address | OperatorError> => {
    try {
      return await asked
    } catch (error) {
      if (error instanceof OperatorError) return error
      throw error
    }
  }
  const [kafka, registry, redis] = await Promise.all([
    orWhy(addresses(['kafka']).then((found) => found.kafka)),
    orWhy(addresses(['registry']).then((found) => found.registry)),
    orWhy(addresses(['redis']).then((found) => found.redis)),
  ])
  return { kafka, registry, redis }
}
