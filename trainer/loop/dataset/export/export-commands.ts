import { type Command, InvalidArgumentError, Option } from 'commander'
import { compileFeatureSet } from '#feature-store'
import { openRowsBar, type TableFormat } from '#feature-store/files'
import { type CommandContext, createClosers, OperatorError } from '#streams'
import { endOnInterrupt } from '../../demo/index.ts'
import { parseDuration } from '../../duration.ts'
import type { FeedConfig } from '../../feed.ts'
import { exportColumns } from './export-columns.ts'
import { type ExportCounts, exportExamples } from './export-examples.ts'
import { exportManifest } from './export-manifest.ts'
import { type ExportSource, openExportSource } from './kafka-export-source.ts'
import { openExportFolder } from './fs-export-folder.ts'

/** A moment, when it is known what time it is. */
type Moment = (nowMs: number) => number

interface ExportFlags {
  from?: Moment
  to?: Moment
  examples?: string
  fromLog?: true
  archive?: string
  format: TableFormat
  out: string
  json?: boolean
}

/** `dataset export`: training rows of what was served and what came of it. */
export function registerExportCommand(dataset: Command, context: CommandContext<FeedConfig>): void {
  dataset
    .command('export')
    .description('write training rows of the examples topic: the vectors as served, and their labels, by day')
    .addOption(
      new Option('--examples <name>', 'of those that `replay start --what examples` joined again').conflicts(
        'fromLog',
      ),
    )
    .option(
      '--from-log',
      'join predictions and what came of them again, with the labels of this configuration, as far as Kafka has them',
    )
    .addOption(
      new Option('--archive <dir>', '--from-log, and what `feedloop archive` wrote there before the topics')
        .conflicts('examples')
        .implies({ fromLog: true }),
    )
    .option('--from <moment>', 'requests from it on: 2026-11-29, 2026-11-29T10:00:00Z, or 7d ago', momentOf)
    .option('--to <moment>', 'requests before it; left out: all there are', momentOf)
    .addOption(new Option('--format <format>', 'of the files').choices(['parquet', 'csv']).default('parquet'))
    .requiredOption('--out <dir>', 'an empty or new folder')
    .option('--json', 'print the manifest as one line of JSON')
    .action((flags: ExportFlags) => runExport(context, flags))
}

async function runExport(context: CommandContext<FeedConfig>, flags: ExportFlags): Promise<void> {
  const config = await context.loadConfig()
  const { features, trainer } = config
  const addresses = await context.addresses(['kafka'])
  const closers = createClosers()
  try {
    const runtime = await context.connect('dataset-export')
    closers.add(() => runtime.close())
    const featureSet = compileFeatureSet(features)
    const columns = exportColumns(featureSet, Object.keys(trainer.labels))
    const nowMs = runtime.clock.nowMs()
    const span = { fromMs: flags.from?.(nowMs) ?? null, toMs: flags.to?.(nowMs) ?? null }
    const source = await openExportSource(runtime, { config, addresses, ...flags })
    closers.add(() => source.close())
    const folder = openExportFolder(flags.out, flags.format, columns.columns)
    const bar = openRowsBar(process.stderr, source.records, source.unit)
    const counts = await endOnInterrupt((signal) =>
      exportExamples({
        ...{ examples: source.examples, isErased: source.isErased },
        ...{ columns, featureSetId: featureSet.id, ...span, signal },
        rememberedExamplesMax: trainer.limits.rememberedExamplesMax,
        add: folder.add,
        onRead: (read) => bar.show(source.done() ?? read),
      }),
    ).finally(() => bar.end())
    if (counts.rows === 0) throw nothingThere(counts, featureSet.id, source)
    const about = { ...span, format: flags.format, topic: source.topic, isFromLog: flags.fromLog === true }
    let manifest = exportManifest({ ...about, featureSet, trainer, columns, counts, files: [] })
    folder.close((files) => (manifest = { ...manifest, files }))
    if (flags.json === true) process.stdout.write(`${JSON.stringify({ out: flags.out, ...manifest })}\n`)
    else process.stdout.write(exportText(flags, counts, manifest.files.length))
  } finally {
    await closers.closeAll()
  }
}

function nothingThere(
  { read, outside, otherFeatureSets }: ExportCounts,
  id: string,
  { whyEmpty }: ExportSource,
): OperatorError {
  const others = Object.keys(otherFeatureSets)
  const why =
    read === 0
      ? whyEmpty
      : others.length > 0
        ? `its examples were made for other features (${others.join(', ')}, this configuration is ${id}): name the feed file of then with --config`
        : `of ${read.toLocaleString('en-US')} examples ${outside.toLocaleString('en-US')} lie outside of --from and --to`
  return new OperatorError('export_empty', `Nothing to export: ${why}.`)
}

function exportText({ out, format }: ExportFlags, counts: ExportCounts, files: number): string {
  const { rows, duplicates, erased, malformed, otherFeatureSets } = counts
  const others = Object.values(otherFeatureSets).reduce((sum, count) => sum + count, 0)
  const left = [
    [duplicates, 'duplicates'],
    [erased, 'erased'],
    [others, 'of other feature sets'],
    [malformed, 'malformed'],
  ] as const
  const leftOut = left.filter(([count]) => count > 0).map(([count, what]) => `${String(count)} ${what}`)
  return (
    `Wrote ${out}: ${rows.toLocaleString('en-US')} rows in ${String(files)} ${format} files by day, schema.json, manifest.json\n` +
    (leftOut.length === 0 ? '' : `Left out: ${leftOut.join(', ')}\n`) +
    `Read it: SELECT * FROM '${out}/day=*/*.${format}'   (DuckDB; pandas and Spark take the folder)\n`
  )
}

function momentOf(text: string): Moment {
  const atMs = Date.parse(text)
  if (/^\d{4}-\d\d-\d\d/.test(text) && Number.isFinite(atMs)) return () => atMs
  if (text === 'now') return (nowMs) => nowMs
  try {
    const agoMs = parseDuration(text)
    return (nowMs) => nowMs - agoMs
  } catch {
    throw new InvalidArgumentError(
      'must be a day (2026-11-29), a time (2026-11-29T10:00:00Z), a time ago (7d) or now.',
    )
  }
}
