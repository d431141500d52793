import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Option, type Command } from 'commander'
import type { CommandContext } from '#streams'
import { DATA_SETS, dataSetOptions, proposedLogMap } from '../datasets/index.ts'
import { endOnInterrupt, wallStopwatch } from '../demo/index.ts'
import type { FeedConfig } from '../feed.ts'
import { openProgressBar } from '../ingest/index.ts'
import { backtestText } from './backtest-text.ts'
import { runBacktest, triedFeedOf } from './backtest.ts'
import type { TriedFeed } from './played.ts'
import { parseDuration } from '../duration.ts'
import { dayNumber, said } from '../flag-values.ts'
import { readChartLibrary } from './fs-chart-library.ts'
import { openEngines } from './process-engines.ts'
import { GROWTH_SCHEDULE } from './retrain-schedule.ts'
import { reportPage } from './report-page.ts'
import type { Gate } from './serving.ts'

interface BacktestFlags {
  dataset: string
  path: string
  map?: string
  inferMap?: boolean
  timezone?: string
  against?: string[]
  learner?: string[]
  retrainEvery: number | 'never' | 'auto'
  window: number | 'all'
  labelDelay?: number
  fromDay: number
  gate?: Gate
  threshold: number
  json?: string
  html?: string
}

type Context = Pick<CommandContext<FeedConfig>, 'loadConfig'>

/** `backtest --dataset D --path P`: features, labels and learners tried on a log, in one process. */
export function registerBacktestCommands(program: Command, context: Context): void {
  program
    .command('backtest')
    .description(
      'try features and learners on a log: how good what they would have said was; needs no services',
    )
    .addOption(
      new Option('--dataset <name>', 'what the log is').choices(Object.keys(DATA_SETS)).makeOptionMandatory(),
    )
    .requiredOption('--path <path>', 'where it is: a folder, for csv and parquet a file')
    .option(
      '--map <file>',
      'what the columns of a csv or parquet file are, as JSON (default: by their names)',
    )
    .option('--infer-map', 'print a map by the names of the columns, and nothing else')
    .option('--timezone <zone>', 'of times without a zone, like Europe/Berlin (default: UTC)')
    .option(
      '--against <files...>',
      'further feed files, tried on the same rows as --config or the own feed of the data set',
    )
    .option(
      '--learner <names...>',
      'of the feed by their names, or any other by what `use` takes (default: those of the feed)',
    )
    .option(
      '--retrain-every <time>',
      'event time between two models, like 1h, 6h, 24h; auto: every 24h in which a twentieth of what is learned from is new; never: one model',
      everyOf,
      'auto' as const,
    )
    .option('--window <time>', 'event time that batch learners look back, like 7d, or all', windowOf, 'all')
    .option(
      '--label-delay <time>',
      'when a label is known after the showing (default: its horizon and the grace)',
      durationOf,
    )
    .option(
      '--from-day <n>',
      'judge from this day on, 0 the first (UTC); days before only teach',
      dayNumber,
      0,
    )
    .addOption(
      new Option(
        '--gate <which>',
        'models go live by the live promotion, or at once (default: both are told)',
      ).choices(['live', 'none']),
    )
    .option(
      '--threshold <score>',
      'from which score on accuracy, precision, recall and F1 say yes',
      thresholdOf,
      0.5,
    )
    .option('--json <file>', 'write the report as JSON')
    .option('--html <file>', 'write the report as one page with charts')
    .action((flags: BacktestFlags) => backtest(flags, program.opts<{ config?: string }>().config, context))
}

async function backtest(flags: BacktestFlags, config: string | undefined, context: Context): Promise<void> {
  const options = dataSetOptions(flags)
  if (flags.inferMap === true) {
    const map = await proposedLogMap(flags.path, flags.dataset)
    process.stdout.write(`${JSON.stringify(map, null, 2)}\n`)
    return
  }
  const { log, feed } = await DATA_SETS[flags.dataset]!(flags.path, options)
  const feeds = await feedsOf({ own: triedFeedOf(feed), config, against: flags.against ?? [] }, context)
  const bar = openProgressBar(process.stderr, log.impressions)
  const { close, ...engines } = openEngines()
  const report = await endOnInterrupt((signal) =>
    runBacktest({
      log,
      feeds,
      learners: flags.learner ?? [],
      ...scheduleOf(flags.retrainEvery),
      windowMs: flags.window === 'all' ? null : flags.window,
      labelDelayMs: flags.labelDelay ?? null,
      fromDay: flags.fromDay,
      // Without a gate is what others are held against: it is always played.
      gates: flags.gate === 'none' ? ['none'] : ['none', 'live'],
      threshold: flags.threshold,
      ...engines,
      stopwatch: wallStopwatch,
      signal,
      onProgress: bar.show,
    }),
  ).finally(async () => {
    bar.end()
    await close()
  })
  if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`)
  if (flags.html !== undefined) await writeFile(flags.html, reportPage(report, readChartLibrary()))
  process.stdout.write(backtestText(report))
  if (report.log.stoppedEarly) process.exitCode = 1
}

function scheduleOf(every: BacktestFlags['retrainEvery']) {
  if (every === 'auto') return GROWTH_SCHEDULE
  return { retrainEveryMs: every === 'never' ? null : every }
}

/** The feed of --config, or that of the data set, and those it is tried against. */
async function feedsOf(
  { own, config, against }: { own: TriedFeed; config: string | undefined; against: readonly string[] },
  { loadConfig }: Context,
): Promise<TriedFeed[]> {
  const tried = ({ features, trainer, kafka }: FeedConfig, name: string): TriedFeed => ({
    name,
    features,
    trainer,
    partitions: kafka.partitions,
  })
  const first = config === undefined ? own : tried(await loadConfig(), '')
  if (against.length === 0) return [first]
  const nameOf = (path: string) => basename(path).replace(/(\.config)?\.[cm]?[jt]s$/, '')
  const others = []
  for (const path of against) others.push(tried(await loadConfig(path), nameOf(path)))
  return [{ ...first, name: config === undefined ? 'data set' : nameOf(config) }, ...others]
}

const durationOf = said(parseDuration)
// Commander takes a parsed null for an empty text.
const windowOf = said((text) => (text === 'all' ? text : longerThanNothing(text)))
const everyOf = said((text) => (text === 'never' || text === 'auto' ? text : longerThanNothing(text)))
const thresholdOf = said((text) => {
  const score = Number(text)
  if (text.trim() === '' || !(score >= 0 && score <= 1)) throw new RangeError('expected a score from 0 to 1')
  return score
})

function longerThanNothing(text: string): number {
  const ms = parseDuration(text)
  if (ms === 0) throw new RangeError('expected more than nothing')
  return ms
}
