import type { Command } from 'commander'
import { hideSecrets, withoutSecrets } from '#schemas'
import type { StreamsConfig } from '../config.ts'
import type { CommandContext } from '../contract.ts'
import { table } from '../table.ts'
import { examine } from './process-doctor.ts'
import { examineSamples } from './process-samples.ts'
import type { Finding } from './finding.ts'
import type { Samples } from './samples.ts'

export function registerDoctorCommands<Config extends StreamsConfig>(
  program: Command,
  context: Pick<CommandContext<Config>, 'loadConfig' | 'addresses'>,
  judgeSamples: (config: Config, samples: Samples) => Finding[],
): void {
  program
    .command('doctor')
    .description('check brokers, topics, registry, Redis, clocks and limits, and say what to do')
    .option('--json', 'print as JSON')
    .action(async ({ json }: { json?: true }) => {
      const config = await context.loadConfig()
      const addresses = await context.addresses()
      const findings = [
        ...(await examine(config, addresses)),
        ...(await examineSamples(config, addresses, (samples) => judgeSamples(config, samples))),
      ]
      if (json) process.stdout.write(`${JSON.stringify(findings, hideSecrets, 2)}\n`)
      else {
        const rows = findings.map(({ check, verdict, found }) => [verdict, check, withoutSecrets(found)])
        const actions = findings.filter(({ action }) => action !== null)
        const todo = actions.map(({ check, action }) => `- ${check}: ${action}`)
        process.stdout.write(`${table(['', 'check', 'found'], rows)}\n`)
        if (todo.length > 0) process.stdout.write(`\nWhat to do:\n${todo.join('\n')}\n`)
      }
      if (findings.some(({ verdict }) => verdict === 'failed')) process.exitCode = 1
    })
}
