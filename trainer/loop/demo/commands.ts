import { writeFile } from 'node:fs/promises'
import { InvalidArgumentError, type Command } from 'commander'
import { onStopAsked, progressLine, type CommandContext, type StackProgress } from '#streams'
import { DEFAULT_LEARNER } from '../../config.ts'
import { LEARNERS } from '../../learners/index.ts'
import { DEMO_MINUTES } from './demo-times.ts'
import { runDemo } from './demo.ts'
import { wallStopwatch } from './process-stopwatch.ts'
import { reportText } from './report-text.ts'
import { openScreen } from './terminal-screen.ts'

interface DemoFlags {
  minutes?: number
  report?: string
  seed: string
  learners?: { use: string }[]
  keep?: boolean
}

/** `demo`: the whole loop on a simulated feed with an injected drift. */
export function registerDemoCommands(program: Command, _context: CommandContext<unknown>): void {
  program
    .command('demo')
    .description('the whole loop on a simulated feed with an injected drift, on the local stack')
    .option(
      '--minutes <n>',
      'end after so many minutes (default: on Ctrl-C on a terminal, else 3)',
      parseMinutes,
    )
    .option('--report <file>', 'write the report as JSON')
    .option('--seed <text>', 'the same seed plays the same feed', '1')
    .option(
      '--learners <names>',
      `learners that challenge each other, as ftrl,gbdt (default: ${DEFAULT_LEARNER})`,
      parseLearners,
    )
    .option('--keep', 'leave topics, states and logs for a look')
    .action(async ({ minutes, report: reportFile, seed, learners, keep }: DemoFlags) => {
      const { report, failures } = await endOnInterrupt((signal) =>
        runDemo({
          minutes: minutes ?? (process.stdout.isTTY ? undefined : DEMO_MINUTES),
          seed,
          learners,
          keep: keep ?? false,
          environment: process.env,
          screen: openScreen(process.stdout),
          signal,
          stopwatch: wallStopwatch,
          onStackProgress: tellProgress(process.stdout),
        }),
      )
      if (reportFile !== undefined) await writeFile(reportFile, `${JSON.stringify(report, null, 2)}\n`)
      process.stdout.write(`\n${reportText(report, failures)}`)
      if (failures.length > 0) process.exitCode = 1
    })
}

/** The first Ctrl-C (or SIGTERM, or the end of the npm that started it) ends the run in order; a second one leaves at once. */
export async function endOnInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController()
  const stopListening = onStopAsked((by) => {
    if (ending.signal.aborted && by === 'signal') {
      process.stderr.write('Left at once: `feedloop stack down` stops what still runs.\n')
      process.exit(130)
    }
    ending.abort()
    process.stderr.write('\nEnding the run; Ctrl-C again leaves at once.\n')
  })
  try {
    return await work(ending.signal)
  } finally {
    stopListening()
  }
}

export function tellProgress(stream: NodeJS.WriteStream): (progress: StackProgress) => void {
  return function tellProgress(progress) {
    if (progress.kind === 'fetching' && progress.file !== null) return
    stream.write(`${progressLine(progress)}\n`)
  }
}

function parseLearners(text: string): { use: string }[] {
  const uses = text.split(',').map((use) => use.trim())
  const unknown = uses.find((use) => !Object.hasOwn(LEARNERS, use))
  if (unknown !== undefined)
    throw new InvalidArgumentError(`there is no learner ${unknown}: ${Object.keys(LEARNERS).join(', ')}.`)
  if (new Set(uses).size < uses.length) throw new InvalidArgumentError('name each learner once.')
  return uses.map((use) => ({ use }))
}

function parseMinutes(text: string): number {
  const minutes = Number(text)
  if (!(minutes > 0)) throw new InvalidArgumentError('expected a positive number of minutes.')
  return minutes
}
