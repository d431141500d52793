import type { Command } from 'commander'
import { hideSecrets, withoutSecrets } from '#schemas'
import type { StreamsConfig } from '../config.ts'
import type { Addresses, CommandContext } from '../contract.ts'
import { OperatorError } from '../errors.ts'
import { table } from '../table.ts'
import { type Finding, warning } from './finding.ts'
import { canLookInside } from './judge-topics.ts'
import { type KnownAddresses, knownAddresses } from './known-addresses.ts'
import { examine } from './process-doctor.ts'
import { examineSamples } from './process-samples.ts'
import type { Samples } from './samples.ts'

export function registerDoctorCommands<Config extends StreamsConfig>(
  program: Command,
  context: Pick<CommandContext<Config>, 'loadConfig' | 'addresses'>,
  judgeSamples: (config: Config, samples: Samples) => Finding[],
  examineStates: ExamineStates<Config>,
): void {
  program
    .command('doctor')
    .description('check brokers, topics, registry, Redis, clocks and limits, and say what to do')
    .option('--json', 'print as JSON')
    .action(async ({ json }: { json?: true }) => {
      const config = await context.loadConfig()
      const addresses = await knownAddresses(context)
      const findings = await examine(config, addresses)
      if (canLookInside(findings))
        findings.push(
          ...(await examineSamples(config, addresses, (samples) => judgeSamples(config, samples))),
          ...(await examineStates(config, answeringOf(addresses))),
        )
      else
        findings.push(
          warning(
            'newest records, feature states',
            'not looked at: something above is not there',
            'Do the rest of this, then ask again.',
          ),
        )
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

/** What the part that keeps states says of them; asked with the addresses that are known. */
export type ExamineStates<Config> = (config: Config, addresses: Partial<Addresses>) => Promise<Finding[]>

function answeringOf({ kafka, redis, registry }: KnownAddresses): Partial<Addresses> {
  return {
    ...(kafka instanceof OperatorError ? {} : { kafka }),
    ...(redis instanceof OperatorError ? {} : { redis }),
    ...(registry instanceof OperatorError ? {} : { registry }),
  }
}

/** Each action once, with all checks that ask for it. */
function todoOf(findings: readonly Finding[]): string[] {
  const checks = new Map<string, string[]>()
  for (const { check, action } of findings)
    if (action !== null) checks.set(action, [...(checks.get(action) ?? []), check])
  return [...checks].map(([action, asking]) => `- ${asking.join(', ')}: ${withoutSecrets(action)}`)
}
