import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import {
  FEATURE_SIGNALS,
  registerArchiveCommand,
  registerFeatureStoreCommands,
  registerReplayCommands,
  runFeatures,
  runSkew,
} from '#feature-store'
import { registerScorerCommands, runScorer, SCORER_SIGNALS } from '#scorer'
import {
  collectRarely,
  type CommandContext,
  connectRuntime,
  createLogger,
  createReadiness,
  createServices,
  createSignals,
  describeFailure,
  FeedFileError,
  loadFeedFile,
  registerStreamsCommands,
  resolveAddresses,
  type SignalRegistry,
  STACK_DIR_DEFAULT,
  STREAMS_LOG_EVENTS,
  startMetricsServer,
  streamsConfigSchema,
  untilStopped,
  writeFeedFile,
} from '#streams'
import {
  examplesReplays,
  external,
  liveModelOf,
  registerTrainerCommands,
  runTrainer,
  TRAINER_SIGNALS,
} from '#trainer'
import { type FeedConfig, type FeedInput, feedSchema, registerLoopCommands, startFolder } from '#trainer/loop'
import * as features from '#feature-store'
import { hideSecrets } from '#schemas'

export type { FeedConfig, FeedInput }

/** Types and completes a `feedloop.config.ts`; it is checked when a command loads it. */
export const defineFeed = (feed: FeedInput): FeedInput => feed
export * from '#feature-store/kinds'
export { genericFeatures } from '#feature-store'
export { external }

const SERVICES = { features: runFeatures, scorer: runScorer, trainer: runTrainer, skew: runSkew } as const
type ServiceName = keyof typeof SERVICES

/**
 * The command line.
 * @param argv without the program's name
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage
 */
export async function main(argv: readonly string[]): Promise<number> {
  collectRarely()
  const program = new Command('feedloop')
    .description('an online-learning loop for a feed, on Kafka')
    .version(packageVersion())
    .option('--config <file>', 'the feed (default: feedloop.config.ts of this folder, or the demo feed)')
    .showHelpAfterError()
    .exitOverride()
  const signals = createSignals(FEATURE_SIGNALS, SCORER_SIGNALS, TRAINER_SIGNALS)
  const context = contextOf(program, signals)
  registerFeedCommands(program, context)
  registerRunCommand(program, context, signals)
  registerStreamsCommands(
    program,
    context,
    (feed, samples) => features.judgeAttributes(feed.features, samples),
    features.examineStates,
  )
  registerFeatureStoreCommands(program, context)
  registerReplayCommands(program, context, examplesReplays(context))
  registerArchiveCommand(program, context)
  registerScorerCommands(program, context)
  registerTrainerCommands(program, context)
  registerLoopCommands(program, context)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    process.stderr.write(`feedloop: ${describeFailure(error).message}\n`)
    return 1
  }
}

function contextOf(program: Command, signals: SignalRegistry): CommandContext<FeedConfig> {
  let loaded: Promise<FeedConfig> | undefined
  const loadConfig = (path?: string) =>
    path === undefined ? (loaded ??= loadFeed(program.opts<{ config?: string }>().config)) : loadFeed(path)
  const addresses: CommandContext<FeedConfig>['addresses'] = async (wanted) =>
    resolveAddresses({ dir: STACK_DIR_DEFAULT, env: process.env, config: await loadConfig() }, wanted)
  return {
    loadConfig,
    addresses,
    connect: async (name) =>
      connectRuntime({
        addresses: await addresses(['kafka', 'registry']),
        config: await loadConfig(),
        clientId: `feedloop-${name}`,
        log: createLogger({ name }),
        signals,
      }),
    untilStopped,
  }
}

/** @throws FeedFileError with every mistake of the file at once */
async function loadFeed(option: string | undefined): Promise<FeedConfig> {
  const path = option ?? (process.env['FEEDLOOP_CONFIG'] || undefined)
  const file = await loadFeedFile({
    workingDirectory: process.cwd(),
    packageExports: { defineFeed, external, ...features },
    ...(path === undefined ? {} : { path }),
  })
  const parsed = feedSchema.safeParse(file?.value ?? {})
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map(
      (issue) => `\n  ${issue.path.join('.') || 'the feed'}: ${issue.message}`,
    )
    throw new FeedFileError(
      file?.path ?? 'the default feed',
      `${mistakes.length} mistake(s):${mistakes.join('')}`,
    )
  }
  const prefix = process.env['FEEDLOOP_PREFIX'] || parsed.data.prefix
  const checked = streamsConfigSchema.shape.prefix.safeParse(prefix)
  if (!checked.success) throw new FeedFileError(`FEEDLOOP_PREFIX=${prefix}`, checked.error.issues[0]!.message)
  return { ...parsed.data, prefix }
}

function registerFeedCommands(program: Command, context: CommandContext<FeedConfig>): void {
  program
    .command('init')
    .description(
      'write a commented feedloop.config.ts into this folder; into DIR, with sample data and a README',
    )
    .argument('[dir]', 'a new or empty folder')
    .action(async (dir?: string) => {
      const template = join(packageRoot(), 'feature-store', 'feedloop.config.template.ts')
      if (dir !== undefined) {
        process.stdout.write(await startFolder(dir, (folder) => writeFeedFile(folder, template)))
        return
      }
      const path = writeFeedFile(process.cwd(), template)
      process.stdout.write(
        `Wrote ${path}: declare your features and labels there, then try \`npx feedloop check\`.\n`,
      )
    })
  program
    .command('check')
    .description('check the feed: every mistake of feedloop.config.ts at once')
    .option('--json', 'print the complete feed, defaults filled in')
    .option('--running', 'only what a restart with it would mean for what runs; with --json as JSON')
    .action(async ({ json, running }: { json?: boolean; running?: true }) => {
      if (running) return showOutlook(context, json === true)
      const feed = await context.loadConfig()
      const { width } = features.compileFeatureSet(feed.features)
      const text = `The feed is valid: ${feed.features.features.length} features in ${width} columns, labels ${Object.keys(feed.trainer.labels).join(', ')}.`
      const told = [text, ...features.numberRanges(feed.features).map((range) => `${range}.`)]
      process.stdout.write(`${json === true ? JSON.stringify(feed, hideSecrets, 2) : told.join('\n')}\n`)
      if (json !== true)
        await showOutlook(context, false).catch((error: unknown) => {
          const why = describeFailure(error).message.split('\n')[0]
          process.stdout.write(`Not held against what runs (\`check --running\`): ${why}\n`)
        })
      for (const warning of features.featureWarnings(feed.features))
        process.stderr.write(`Warning: ${warning}.\n`)
    })
}

/** What a restart with this configuration would mean; the model is asked for only when the set is another one. */
async function showOutlook(context: CommandContext<FeedConfig>, isJson: boolean): Promise<void> {
  const feed = await context.loadConfig()
  const outlook = await features.outlookNow(feed, await context.addresses(['redis', 'kafka']))
  const model = outlook.isSameSet || outlook.keptSetId === null ? null : await liveModelOf(context)
  const { told, warnings } = features.outlookLines(outlook, model)
  if (isJson)
    return void process.stdout.write(`${JSON.stringify({ ...outlook, model, warnings }, null, 2)}\n`)
  for (const line of told) process.stdout.write(`${line}\n`)
  for (const warning of warnings) process.stderr.write(`Warning: ${warning}.\n`)
}

interface ServeOptions {
  metricsPort?: number
  metricsHost: string
}

function registerRunCommand(
  program: Command,
  context: CommandContext<FeedConfig>,
  signals: SignalRegistry,
): void {
  const run = program.command('run').description('run a service until Ctrl-C')
  const names = Object.keys(SERVICES) as ServiceName[]
  const serve = async (names: readonly ServiceName[], { metricsPort: port, metricsHost }: ServeOptions) => {
    const services = createServices(names.map((name) => [name, () => SERVICES[name](context)]))
    const startServer = (port: number) => {
      const readiness = createReadiness(services.checks, services.isStopping)
      return startMetricsServer({ host: metricsHost, port, signals, readiness })
    }
    const server = port === undefined ? null : await startServer(port)
    if (server !== null)
      createLogger({ name: 'feedloop' }).info({ url: server.url }, STREAMS_LOG_EVENTS.metricsListening)
    try {
      await untilStopped({ done: services.run(), stop: services.stop })
    } finally {
      await server?.close()
    }
  }
  const commands: [name: string, description: string, services: ServiceName[]][] = [
    ...names.map((name): [string, string, ServiceName[]] => [name, `run the ${name} service`, [name]]),
    // The scorer first: it takes its HTTP port before any service joins a group, so a second process ends without harm.
    ['all', 'run all services in one process', ['scorer', ...names.filter((name) => name !== 'scorer')]],
  ]
  for (const [name, description, services] of commands)
    run
      .command(name)
      .description(description)
      .option(
        '--metrics-port <port>',
        'serve /metrics, /healthz and /readyz there; 0 takes a free one',
        portOf,
      )
      .option('--metrics-host <host>', 'address to serve them on', '127.0.0.1')
      .action((options: ServeOptions) => serve(services, options))
}

function portOf(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('must be 0 to 65535.')
}

/** From source and from dist/ alike. */
function packageRoot(): string {
  return import.meta.dirname.endsWith('dist') ? join(import.meta.dirname, '..') : import.meta.dirname
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}
