import { type Command, InvalidArgumentError, Option } from 'commander'
import { createOnnxModels } from '#scorer/model'
import type { CommandContext } from '#streams'
import { createFitHost } from '../../learning/process-fit-host.ts'
import { triedFeedOf } from '../backtest/backtest.ts'
import { DATA_SETS, dataSetOptions } from '../datasets/index.ts'
import { endOnInterrupt } from '../demo/index.ts'
import type { FeedConfig } from '../feed.ts'
import {
  chosenLearner,
  LEARNER_NAMES,
  openStages,
  shareOf,
  TrainingError,
  triedFeedOfConfig,
  wholeOf,
  withSlices,
} from '../train/index.ts'
import { type Augmentation, augment } from './augmentation.ts'
import { augmentationText } from './augmentation-text.ts'
import { AUGMENTATION_FILES, checkAugmentationFolder, writeAugmentation } from './fs-augmentation-folder.ts'
import { type MakingOptions, METHODS } from './made-rows.ts'

interface AugmentFlags {
  data: string
  out: string
  map?: string
  timezone?: string
  learner: string
  python: string
  slice: string[]
  slices: number
  method: MakingOptions['method']
  times: number
  labelRate?: number
  neighbours: number
  validationShare: number
  testShare: number
  seed: number
  json?: boolean
}

type Context = Pick<CommandContext<FeedConfig>, 'loadConfig'>

const FIT_MS_MAX = 86_400_000
const CALL_MS_MAX = 600_000
/** Passes of an online learner, as `train` makes them when nothing else is said. */
const ROUNDS_MAX = 5

/** `dataset augment`: mock rows for the worst slices, and what they do on real rows. @param dataset the group of commands */
export function registerAugmentCommand(dataset: Command, program: Command, context: Context): void {
  dataset
    .command('augment')
    .description('make mock rows for the slices that a model is worst at, and tell honestly what they do')
    .requiredOption('--data <dir>', 'a folder with impressions, or with one table of your own: never changed')
    .requiredOption('--out <dir>', 'an empty or new folder for mock.parquet and what was found')
    .option('--map <file>', 'what the columns are, as JSON (default: as train)')
    .option('--timezone <zone>', 'of times without a zone, like Europe/Berlin (default: UTC)')
    .option('--learner <name>', `one of the feed by its name, or any of ${LEARNER_NAMES.join(', ')}`, 'gbdt')
    .option('--python <command>', 'of xgboost, lightgbm and sklearn: one that has their packages', 'python3')
    .option(
      '--slice <name=value>',
      'like "item category=sport"; again for more (default: the worst)',
      (one: string, some: string[]) => [...some, one],
      [],
    )
    .option('--slices <n>', 'how many of the worst', wholeOf, 3)
    .addOption(
      new Option('--method <name>', 'smote: between rows of the slice; copies: rows of it again')
        .choices(METHODS)
        .default('smote'),
    )
    .option('--times <x>', 'mock rows for each training row of the slice', timesOf, 1)
    .option('--label-rate <share>', 'of positives among mock rows (default: as in the slice)', shareOf)
    .option('--neighbours <n>', 'nearest rows among which one is drawn (smote)', wholeOf, 5)
    .option('--validation-share <share>', 'of the rows, before the test part: chooses slices', shareOf, 0.15)
    .option('--test-share <share>', 'of the rows, the latest: judges', shareOf, 0.15)
    .option('--seed <n>', 'of all chance: the same seed gives the same rows', wholeOf, 1)
    .option('--json', 'print what was found as one line of JSON')
    .action((flags: AugmentFlags) => run(flags, program.opts<{ config?: string }>().config, context))
}

async function run(flags: AugmentFlags, config: string | undefined, context: Context): Promise<void> {
  if (flags.validationShare + flags.testShare >= 0.9)
    throw new TrainingError(
      'train_options',
      `--validation-share ${String(flags.validationShare)} and --test-share ${String(flags.testShare)} leave less than a tenth to learn from: give smaller ones.`,
    )
  checkAugmentationFolder(flags.out)
  const stages = openStages(process.stderr)
  const fitter = createFitHost({ fitMsMax: FIT_MS_MAX, atOnce: 1, keepsThreads: true })
  const models = createOnnxModels({ callMsMax: CALL_MS_MAX })
  try {
    stages.begin('opens the data')
    const { log, feed: own } = await DATA_SETS['folder']!(flags.data, dataSetOptions(flags))
    const feed = withSlices(
      config === undefined ? triedFeedOf(own) : triedFeedOfConfig(await context.loadConfig()),
    )
    const { method, times, neighbours, labelRate, seed } = flags
    const found = await endOnInterrupt((signal) =>
      augment({
        making: { method, times, neighbours, labelRate, seed },
        named: flags.slice,
        worstMax: flags.slices,
        training: {
          ...{ log, feed, seed, signal, fitter },
          choice: chosenLearner(flags, feed),
          shares: { validation: flags.validationShare, test: flags.testShare },
          costs: {},
          roundsMax: ROUNDS_MAX,
          checksSanity: false,
          openModel: models.openModel,
          stopwatch: { nowMs: () => performance.timeOrigin + performance.now() },
          onStage: stages.begin,
          onProgress: ({ impressions }) => stages.share(impressions / log.impressions),
          onFit: stages.share,
        },
      }),
    )
    stages.begin('writes the mock rows')
    writeAugmentation(flags.out, found, flags.data)
    stages.end()
    process.stdout.write(toldOf(found, flags))
  } finally {
    stages.end()
    await fitter.stop()
    await models.stop()
  }
}

function toldOf({ report }: Augmentation, { json, out, data }: AugmentFlags): string {
  if (json === true) return `${JSON.stringify({ out, ...report })}\n`
  const next = report.helps
    ? `Train with them: npx feedloop train --data ${data} --mock ${out}/${AUGMENTATION_FILES.mock}\n`
    : ''
  return `${augmentationText(report)}\nWrote ${out}: ${AUGMENTATION_FILES.mock} (every row marked mock = 1), ${AUGMENTATION_FILES.report}. ${data} is as it was.\n${next}`
}

const TIMES_MAX = 100

function timesOf(text: string): number {
  const times = Number(text)
  if (text.trim() !== '' && times > 0 && times <= TIMES_MAX) return times
  throw new InvalidArgumentError(`expected a number above 0 and up to ${String(TIMES_MAX)}.`)
}
