import { type Command, InvalidArgumentError } from 'commander'
import { LogUnreadableError, openRowsBar, type TableFormat } from '#feature-store/files'
import type { CommandContext } from '#streams'
import { registerAugmentCommand } from '../augment/index.ts'
import { endOnInterrupt } from '../demo/index.ts'
import type { FeedConfig } from '../feed.ts'
import { registerExportCommand } from './export/export-commands.ts'
import { FAULT_NAMES, type FaultName, plannedFaults } from './faults.ts'
import { openDataFolder } from './fs-data-folder.ts'
import { type Synthesis, synthesisSchema } from './synthesis.ts'
import { synthesize } from './synthesize.ts'

interface SynthesizeFlags {
  users: number
  items: number
  days: number
  impressions: number
  seed: string
  start: string
  out: string
  format: TableFormat[]
  faults?: true | FaultName[]
  json?: boolean
}

const DEFAULTS = synthesisSchema.parse({})

type Context = Parameters<typeof registerAugmentCommand>[2] & CommandContext<FeedConfig>

/** `dataset synthesize`: a data set of a feed whose truth is known; `dataset augment`: mock rows for one;
 * `dataset export`: of what was served. */
export function registerDatasetCommands(program: Command, context: Context): void {
  const dataset =
    program.commands.find((command) => command.name() === 'dataset') ??
    program.command('dataset').description('data sets of a feed: made up, exported, enlarged')
  dataset
    .command('synthesize')
    .description(
      'write a data set of a simulated feed: impressions, interactions, items, people, and the truth',
    )
    .option('--users <n>', 'people', wholeNumber, DEFAULTS.users)
    .option('--items <n>', 'items that are published in all', wholeNumber, DEFAULTS.items)
    .option('--days <n>', 'days', wholeNumber, DEFAULTS.days)
    .option('--impressions <n>', 'about how many; people come by chance', wholeNumber, DEFAULTS.impressions)
    .option('--seed <text>', 'the same seed gives the same bytes', DEFAULTS.seed)
    .option('--start <date>', 'the first day, UTC', DEFAULTS.start)
    .requiredOption('--out <dir>', 'an empty or new folder')
    .option('--format <formats>', 'parquet, csv or both, divided by a comma', formatsOf, ['parquet'])
    .option(
      '--faults [kinds]',
      `plant errors and list them in faults.json: all, or some of ${FAULT_NAMES.join(',')}`,
      faultsOf,
    )
    .option('--json', 'print what was written as one line of JSON')
    .action(runSynthesize)
  registerExportCommand(dataset, context)
  registerAugmentCommand(dataset, program, context)
}

async function runSynthesize(flags: SynthesizeFlags): Promise<void> {
  const { out, format, faults, json, ...wanted } = flags
  const options = checked(wanted)
  const planter = faults === undefined ? null : plannedFaults(options, faults === true ? FAULT_NAMES : faults)
  const folder = openDataFolder(out, format, planter)
  const bar = openRowsBar(process.stderr, options.impressions, 'impressions')
  const truth = await endOnInterrupt((signal) =>
    synthesize(options, {
      sink: folder,
      signal,
      onHour: (impressions, atMs) => {
        bar.show(impressions, new Date(atMs).toISOString().slice(0, 10))
        return new Promise((resolve) => setImmediate(resolve))
      },
    }),
  ).finally(() => bar.end())
  const rows = folder.close(truth)
  const { bestReachableNormalizedEntropy, label } = truth
  if (json === true) {
    const planted = planter === null ? {} : { faults: planter.planted }
    process.stdout.write(
      `${JSON.stringify({ out, rows, label, bestReachableNormalizedEntropy, ...planted })}\n`,
    )
    return
  }
  const counts = Object.entries(rows).map(
    ([table, count]) => `  ${table.padEnd(18)}${count.toLocaleString('en-US')}`,
  )
  const planted = (planter?.planted ?? []).map(
    ({ kind, table, column, rows }) => `  ${kind.padEnd(18)}${table}.${column}, ${String(rows)} rows`,
  )
  process.stdout.write(
    `Wrote ${out}: ${format.join(', ')}\n${counts.join('\n')}\n` +
      `${(100 * label.rate).toFixed(1)} % clicks; no model can be below a normalized entropy of ${String(bestReachableNormalizedEntropy)} for long (truth.json)\n` +
      (planted.length === 0 ? '' : `Planted faults (faults.json):\n${planted.join('\n')}\n`) +
      `Next: npx feedloop validate ${out}\n`,
  )
}

function checked(wanted: unknown): Synthesis {
  const parsed = synthesisSchema.safeParse(wanted)
  if (parsed.success) return parsed.data
  const mistakes = parsed.error.issues.map(
    ({ path, message }) => `--${path.map(String).join('.')}: ${message}`,
  )
  throw new LogUnreadableError('dataset synthesize', mistakes.join('; '))
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a whole number.')
}

function formatsOf(text: string): TableFormat[] {
  const formats = [...new Set(text.split(',').map((one) => one.trim()))]
  const known = formats.filter((one): one is TableFormat => one === 'parquet' || one === 'csv')
  if (known.length < formats.length) throw new InvalidArgumentError('expected parquet, csv or parquet,csv.')
  return known
}

function faultsOf(text: string): FaultName[] {
  const names = text.split(',').map((one) => one.trim())
  const unknown = names.find((name) => !(FAULT_NAMES as string[]).includes(name))
  if (unknown === undefined) return names as FaultName[]
  throw new InvalidArgumentError(`${unknown} is none of ${FAULT_NAMES.join(', ')}.`)
}
