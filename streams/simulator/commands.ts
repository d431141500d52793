import { InvalidArgumentError, type Command } from 'commander'
import type { CommandContext } from '../contract.ts'
import { simulatorConfigSchema } from './config.ts'
import { parseInjection, parseSpeed } from './injection-text.ts'
import { startSimulator, usualStartMs } from './kafka-simulator.ts'

interface SimulateOptions {
  speed: number
  minutes?: number
  drift: string[]
  seed: string
}

/** `simulate`: the simulated feed alone, against whatever services are running. */
export function registerSimulateCommands(program: Command, context: CommandContext<unknown>): void {
  program
    .command('simulate')
    .description('play a simulated feed on the topics: people, items, rank requests, interactions')
    .option('--speed <x>', 'feed seconds per second', argument(parseSpeed), 60)
    .option('--minutes <n>', 'stop after so many minutes (default: on Ctrl-C)', argument(parsePositive))
    .option(
      '--drift <kind@time>',
      'concept, data, upstream or lag, e.g. concept@90s (repeatable)',
      collect,
      [],
    )
    .option('--seed <text>', 'the same seed plays the same feed', '1')
    .action(async ({ speed, minutes, drift, seed }: SimulateOptions) => {
      const injections = drift.map((text) => parseInjection(text, speed))
      const runtime = await context.connect('simulate')
      try {
        const config = simulatorConfigSchema.parse({ injections })
        const simulator = await startSimulator(runtime, {
          seed,
          config,
          speed,
          startMs: usualStartMs(Date.now()),
        })
        const timer =
          minutes === undefined ? undefined : setTimeout(() => void simulator.stop(), minutes * 60_000)
        await context.untilStopped(simulator)
        clearTimeout(timer)
        const { requests, interactions, givenUp } = simulator.counts
        process.stdout.write(
          `${String(requests)} requests, ${String(interactions)} interactions; ${String(givenUp)} requests were not answered in time\n`,
        )
      } finally {
        await runtime.close()
      }
    })
}

/** Turns a reader's RangeError into wrong usage. */
function argument<T>(read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text)
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
    }
  }
}

function parsePositive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new RangeError(`${text} is not a positive number`)
  return value
}

function collect(text: string, before: string[]): string[] {
  parseInjectionOrRefuse(text)
  return [...before, text]
}

const parseInjectionOrRefuse = argument((text) => parseInjection(text, 1))
