import { DATA_SETS, dataSetOptions } from '../datasets/index.ts'
import { writeFile } from 'node:fs/promises'
import { Argument, type Command, Option } from 'commander'
import { parseSpeed, type CommandContext } from '#streams'
import { endOnInterrupt, tellProgress, wallStopwatch } from '../demo/index.ts'
import { runIngest } from './ingest.ts'
import { dayNumber, said } from '../flag-values.ts'
import { ingestReportText } from './ingest-report.ts'
import { type Consistency, CONSISTENCIES } from './read-consistency.ts'
import { openProgressBar } from './terminal-progress.ts'

interface IngestFlags {
  path: string
  map?: string
  timezone?: string
  speed?: number
  consistency: Consistency
  withBacktest?: boolean
  fromDay: number
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
    .requiredOption('--path <path>', 'where it is: a folder, for csv and parquet a file')
    .option(
      '--map <file>',
      'what the columns of a csv or parquet file are, as JSON (default: by their names)',
    )
    .option('--timezone <zone>', 'of times without a zone, like Europe/Berlin (default: UTC)')
    .option(
      '--speed <x>',
      'feed seconds per second, like 3600x (default: as fast as the loop takes it)',
      said(parseSpeed),
    )
    .addOption(
      new Option(
        '--consistency <level>',
        'what the features of a request hold of what was told before it: of its user all (read-your-writes), all (strong), or what has come there (eventual)',
      )
        .choices(CONSISTENCIES)
        .default('read-your-writes'),
    )
    .option(
      '--from-day <n>',
      'judge from this day on, 0 the first (UTC); days before only teach',
      dayNumber,
      0,
    )
    .option('--with-backtest', 'then play the same log in process (backtest), and tell both on the same rows')
    .option('--report <file>', 'write the report as JSON')
    .option('--json', 'print the report as JSON')
    .option('--keep', 'leave topics, states and logs for a look')
    .action(async (dataset: string, flags: IngestFlags) => {
      const { log, feed } = await DATA_SETS[dataset]!(flags.path, dataSetOptions(flags))
      const told = flags.json === true ? process.stderr : process.stdout
      const bar = openProgressBar(told, log.impressions)
      const { report, failures } = await endOnInterrupt((signal) =>
        runIngest({
          log,
          feed,
          speed: flags.speed,
          consistency: flags.consistency,
          withBacktest: flags.withBacktest ?? false,
          fromDay: flags.fromDay,
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
