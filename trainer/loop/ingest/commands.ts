import { DATA_SETS } from '../datasets/index.ts'
import { writeFile } from 'node:fs/promises'
import { Argument, InvalidArgumentError, type Command } from 'commander'
import { parseSpeed, type CommandContext } from '#streams'
import { endOnInterrupt, tellProgress, wallStopwatch } from '../demo/index.ts'
import { runIngest } from './ingest.ts'
import { ingestReportText } from './ingest-report.ts'
import { openProgressBar } from './terminal-progress.ts'

interface IngestFlags {
  path: string
  speed?: number
  report?: string
  json?: boolean
  keep?: boolean
}

/** `ingest DATASET --path DIR`: a real log through the whole loop. */
export function registerIngestCommands(program: Command, _context: CommandContext<unknown>): void {
  program
    .command('ingest')
    .description('send a real log through the whole loop at its own event time, on the local stack')
    .addArgument(new Argument('<dataset>').choices(Object.keys(DATA_SETS)))
    .requiredOption('--path <dir>', 'the folder of the data set')
    .option(
      '--speed <x>',
      'feed seconds per second, like 3600x (default: as fast as the loop takes it)',
      speed,
    )
    .option('--report <file>', 'write the report as JSON')
    .option('--json', 'print the report as JSON')
    .option('--keep', 'leave topics, states and logs for a look')
    .action(async (dataset: string, flags: IngestFlags) => {
      const { open, feed } = DATA_SETS[dataset]!
      const log = await open(flags.path)
      const told = flags.json === true ? process.stderr : process.stdout
      const bar = openProgressBar(told, log.impressions)
      const { report, failures } = await endOnInterrupt((signal) =>
        runIngest({
          log,
          feed: feed(),
          speed: flags.speed,
          keep: flags.keep ?? false,
          environment: process.env,
          signal,
          stopwatch: wallStopwatch,
          announce: (text) => void told.write(`* ${text}\n`),
          onStackProgress: tellProgress(told),
          onProgress: bar.show,
        }),
      ).finally(bar.end)
      const json = JSON.stringify(report, null, 2)
      if (flags.report !== undefined) await writeFile(flags.report, `${json}\n`)
      process.stdout.write(flags.json === true ? `${json}\n` : `\n${ingestReportText(report, failures)}`)
      if (failures.length > 0) process.exitCode = 1
    })
}

function speed(text: string): number {
  try {
    return parseSpeed(text)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}
