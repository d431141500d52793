import { writeFile } from 'node:fs/promises'
import { Option, type Command } from 'commander'
import { compileFeatureSet } from '#feature-store'
import { createOnnxModels } from '#scorer/model'
import type { CommandContext } from '#streams'
import { createFitHost } from '../../learning/process-fit-host.ts'
import { trackingAddressOf } from '../../tracking/address.ts'
import { openRunFolders } from '../../tracking/fs-run-folders.ts'
import { openMlflow } from '../../tracking/http-mlflow.ts'
import { sendWaiting } from '../../tracking/send-waiting.ts'
import { triedFeedOf } from '../backtest/backtest.ts'
import type { TriedFeed } from '../backtest/played.ts'
import { DATA_SETS, dataSetOptions, type FeedLog } from '../datasets/index.ts'
import { endOnInterrupt } from '../demo/index.ts'
import type { FeedConfig } from '../feed.ts'
import { triedFeedOfConfig, withSlices } from './chosen-feed.ts'
import { chosenLearner, LEARNER_NAMES } from './chosen-learner.ts'
import { TrainingError } from './errors.ts'
import { positiveOf, shareOf, wholeOf } from './flag-numbers.ts'
import { readExportedRows } from './fs-exported-rows.ts'
import { readMockRows } from './fs-mock-rows.ts'
import { writeRun } from './fs-training-run.ts'
import { manifestMetrics, runIdOf, runRecordOf } from './run-record.ts'
import { openStages, type Stages } from './terminal-stages.ts'
import type { ReadyRows } from './ready-rows.ts'
import { runTraining, type Training } from './training.ts'
import { trainText } from './train-text.ts'

interface TrainFlags {
  data?: string
  examples?: string
  dataset?: string
  path?: string
  map?: string
  timezone?: string
  learner: string
  python: string
  track?: string
  out: string
  json?: string
  costFp?: number
  costFn?: number
  validationShare: number
  testShare: number
  userRowsMax?: number
  rounds: number
  mock?: string
  seed: number
  experiment?: string
  sanity: boolean
}

type Context = Pick<CommandContext<FeedConfig>, 'loadConfig'>

const FIT_MS_MAX = 86_400_000
const CALL_MS_MAX = 600_000

/** `train --data DIR`: one model of a data set, judged on its last stretch of time, as a run's folder. */
export function registerTrainCommands(program: Command, context: Context): void {
  program
    .command('train')
    .description('train one model on a data set and judge it on what came later; needs no services')
    .option('--data <dir>', 'a folder with impressions (csv or parquet), or with one table of your own')
    .option('--examples <dir>', 'or a folder that dataset export wrote: vectors as they were served')
    .addOption(new Option('--dataset <name>', 'or a known log').choices(Object.keys(DATA_SETS)))
    .option('--path <path>', 'where the known log is')
    .option(
      '--map <file>',
      'what the columns are, as JSON (default: map.json of the folder, else by their names)',
    )
    .option('--timezone <zone>', 'of times without a zone, like Europe/Berlin (default: UTC)')
    .option('--learner <name>', `one of the feed by its name, or any of ${LEARNER_NAMES.join(', ')}`, 'gbdt')
    .option('--python <command>', 'of xgboost, lightgbm and sklearn: one that has their packages', 'python3')
    .option('--track <url>', 'of an MLflow server: runs in --out that wait are sent there')
    .option('--out <dir>', 'where the folder of the run is written', 'runs')
    .option('--json <file>', 'write all that was found as JSON')
    .option('--cost-fp <x>', 'what a yes to a negative costs (default: 1)', positiveOf)
    .option(
      '--cost-fn <y>',
      'what a no to a positive costs, in the same unit (default: as much as the negatives there are per positive)',
      positiveOf,
    )
    .option(
      '--validation-share <share>',
      'of the rows, before the test part: chooses threshold and rounds',
      shareOf,
      0.15,
    )
    .option(
      '--test-share <share>',
      'of the rows, the latest: judges, and nothing is chosen by it',
      shareOf,
      0.15,
    )
    .option(
      '--user-rows-max <n>',
      'training rows of one user that count in full (default: ten times those of the median user)',
      wholeOf,
    )
    .option('--rounds <n>', 'passes that an online learner makes at most', wholeOf, 5)
    .option('--mock <file>', 'mock.parquet of dataset augment: learned from beside the training part')
    .option('--seed <n>', 'of all chance: the same seed gives the same model', wholeOf, 1)
    .option('--experiment <name>', 'under which the run is told (default: the name of the data set)')
    .option('--no-sanity', 'go on although the learner cannot learn a hundred rows by heart')
    .action((flags: TrainFlags) => train(flags, program.opts<{ config?: string }>().config, context))
}

async function train(flags: TrainFlags, config: string | undefined, context: Context): Promise<void> {
  if (flags.validationShare + flags.testShare >= 0.9) {
    throw new TrainingError(
      'train_options',
      `--validation-share ${String(flags.validationShare)} and --test-share ${String(flags.testShare)} leave less than a tenth to learn from: give smaller ones.`,
    )
  }
  const stages = openStages(process.stderr)
  const fitter = createFitHost({ fitMsMax: FIT_MS_MAX, atOnce: 1, keepsThreads: true })
  const models = createOnnxModels({ callMsMax: CALL_MS_MAX })
  try {
    stages.begin('opens the data')
    const { log, feed } = await dataOf(flags, config, context)
    const choice = chosenLearner(flags, feed)
    const mock = flags.mock === undefined ? undefined : await readMockRows(flags.mock)
    const training = await endOnInterrupt((signal) =>
      runTraining({
        log,
        feed,
        choice,
        shares: { validation: flags.validationShare, test: flags.testShare },
        costs: { falsePositive: flags.costFp, falseNegative: flags.costFn },
        userRowsMax: flags.userRowsMax,
        roundsMax: flags.rounds,
        mock,
        seed: flags.seed,
        checksSanity: flags.sanity,
        openModel: models.openModel,
        fitter,
        stopwatch: { nowMs: () => performance.timeOrigin + performance.now() },
        signal,
        onStage: stages.begin,
        onProgress: ({ impressions }) => stages.share(impressions / log.impressions),
        onFit: stages.share,
      }),
    )
    stages.begin('writes the run')
    const folder = written(training, flags)
    if (flags.json !== undefined)
      await writeFile(flags.json, `${JSON.stringify({ folder, ...training.report }, null, 2)}\n`)
    const sent = flags.track === undefined ? '' : await sendRuns(flags, feed, stages)
    stages.end()
    process.stdout.write(
      `${trainText(training.report)}\nWrote ${folder}. What it means, for everybody: npx feedloop evaluate --run ${folder} --html report.html\n${sent}`,
    )
  } finally {
    stages.end()
    await fitter.stop()
    await models.stop()
  }
}

/** What is learned from, and the feed whose features and labels it has. */
async function dataOf(
  flags: TrainFlags,
  config: string | undefined,
  context: Context,
): Promise<{ log: FeedLog | ReadyRows; feed: TriedFeed }> {
  const what = whatToRead(flags)
  if ('examples' in what) {
    const feed = triedFeedOfConfig(await context.loadConfig())
    const featureSet = compileFeatureSet(feed.features)
    return { log: await readExportedRows(what.examples, featureSet, feed.trainer.objective), feed }
  }
  const { log, feed: own } = await DATA_SETS[what.dataset]!(what.path, dataSetOptions(flags))
  return {
    log,
    feed: withSlices(config === undefined ? triedFeedOf(own) : triedFeedOfConfig(await context.loadConfig())),
  }
}

function written({ report, candidate, test }: Training, { out, experiment }: TrainFlags): string {
  const { metrics, data, curves, startedAtMs } = report
  metrics.runId = runIdOf(startedAtMs, metrics.learner, candidate.manifest.onnxSha256)
  const record = runRecordOf(report, experiment ?? data.dataset)
  const manifest = { ...candidate.manifest, metrics: manifestMetrics(metrics) }
  return writeRun(out, { candidate: { ...candidate, manifest }, metrics, data, curves, record, test })
}

/** What waits in the folder of runs; a server that is away or refuses costs nothing but the sentence. */
async function sendRuns({ track, out }: TrainFlags, { trainer }: TriedFeed, stages: Stages): Promise<string> {
  const environment = { ...process.env, MLFLOW_TRACKING_URI: track }
  const address = trackingAddressOf(environment, trainer.tracking)!
  stages.begin(`sends runs to ${address.url}`)
  const { sent, waiting, refused, failure } = await sendWaiting({
    mlflow: openMlflow(address, trainer.tracking),
    config: trainer.tracking,
    folders: openRunFolders(out),
    url: address.url,
    nowMs: () => Date.now(),
  })
  return [
    `${String(sent)} run(s) sent to ${address.url}, ${String(waiting)} still waiting in ${out}.`,
    ...(failure === undefined
      ? []
      : [`${failure.message} Nothing is lost: \`feedloop track send\` tries again.`]),
    ...refused.map(({ reason }) => `Refused: ${reason}`),
    '',
  ].join('\n')
}

function whatToRead({
  data,
  examples,
  dataset,
  path,
}: TrainFlags): { dataset: string; path: string } | { examples: string } {
  const isLog = dataset !== undefined || path !== undefined
  if (examples !== undefined && data === undefined && !isLog) return { examples }
  if (data !== undefined && examples === undefined && !isLog) return { dataset: 'folder', path: data }
  if (data === undefined && examples === undefined && dataset !== undefined && path !== undefined)
    return { dataset, path }
  throw new TrainingError(
    'train_options',
    'Say what to learn from: either --data DIR, or --examples DIR, or --dataset NAME with --path PATH.',
  )
}
