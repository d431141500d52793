import { type Command, InvalidArgumentError, Option } from 'commander'
import { TOPIC_KEYS, type TopicKey } from '#schemas'
import { type CommandContext, createClosers, followErasures, type StreamsConfig } from '#streams'
import { parseDuration } from '../shadow/range.ts'
import { openArchiveFolder, sweepArchiveFolder } from './fs-archive-place.ts'
import { type ArchiveTold, startArchive } from './process-archive.ts'

interface ArchiveFlags {
  out: string
  topics: readonly TopicKey[]
  flush: number
  fileBytes: number
  keepDays?: number
  maxBytes?: number
  once?: true
  json?: true
}

export type ArchiveContext = Pick<
  CommandContext<StreamsConfig>,
  'loadConfig' | 'addresses' | 'connect' | 'untilStopped'
>

/** What a replay reads. */
const TOPICS_DEFAULT: readonly TopicKey[] = ['interactions', 'itemInteractions', 'users', 'items']
const FLUSH_MS = 10 * 60_000
const FILE_BYTES = 8 * 1024 ** 2
/** Of one topic, as many files as may be open at once. */
const HELD_FILES = 8

/** `feedloop archive`: topics into Parquet files by day, as they grow. */
export function registerArchiveCommand(program: Command, context: ArchiveContext): void {
  program
    .command('archive')
    .description('write topics to Parquet files by day, as they grow; `replay start --archive` reads them')
    .requiredOption('--out <dir>', 'the folder; it goes on where the files there end')
    .addOption(
      new Option('--topics <list>', 'names without prefix and version')
        .argParser(topicsOf)
        .default(TOPICS_DEFAULT, TOPICS_DEFAULT.map(slugOf).join(',')),
    )
    .addOption(
      new Option('--flush <time>', 'after so long what came is in a file')
        .argParser(parseDuration)
        .default(FLUSH_MS, '10m'),
    )
    .addOption(
      new Option('--file-bytes <size>', 'keys and values of one file')
        .argParser(parseBytes)
        .default(FILE_BYTES, '8M'),
    )
    .option('--keep-days <days>', 'remove files of earlier days (default: keep all)', parseDays)
    .option('--max-bytes <size>', 'remove the oldest files while all are larger, such as 200G', parseBytes)
    .option('--once', 'end where the topics end now')
    .option('--json', 'print what was written as JSON')
    .action((flags: ArchiveFlags) => archive(context, flags))
}

async function archive(context: ArchiveContext, flags: ArchiveFlags): Promise<void> {
  const closers = createClosers()
  try {
    const { kafka } = await context.addresses(['kafka'])
    const runtime = await context.connect('archive')
    closers.add(() => runtime.close())
    await sweepArchiveFolder(flags.out)
    const followed = await followErasures(runtime, { name: 'archive-erasures' })
    closers.add(() => followed.stop())
    await followed.ready
    const running = startArchive({
      place: openArchiveFolder(flags.out),
      topics: flags.topics,
      addresses: { kafka },
      runtime,
      erasures: async () => {
        await followed.caughtUp()
        return followed.book
      },
      fileBytesMax: flags.fileBytes,
      heldBytesMax: flags.fileBytes * HELD_FILES,
      flushMs: flags.flush,
      keepDays: flags.keepDays ?? null,
      bytesMax: flags.maxBytes ?? null,
      isOnce: flags.once === true,
    })
    await context.untilStopped({ done: running.done.then(() => undefined), stop: () => running.stop() })
    const told = await running.done
    process.stdout.write(flags.json === true ? `${JSON.stringify(told)}\n` : `${toldText(told, flags.out)}\n`)
  } finally {
    await closers.closeAll()
  }
}

function toldText({ files, records, bytes, lost, retired }: ArchiveTold, out: string): string {
  const number = (value: number) => value.toLocaleString('en-US')
  return [
    `${number(records)} records in ${number(files)} new files (${number(bytes)} bytes) of ${out}.`,
    ...(retired > 0 ? [`${number(retired)} old files were removed.`] : []),
    ...(lost > 0
      ? [`Kafka had removed ${number(lost)} offsets before they were read: they are in no file.`]
      : []),
  ].join('\n')
}

function slugOf(topic: TopicKey): string {
  return topic.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function topicsOf(text: string): TopicKey[] {
  return text.split(',').map((word) => {
    const found = TOPIC_KEYS.find((topic) => slugOf(topic) === word.trim())
    if (found === undefined)
      throw new InvalidArgumentError(`must be some of ${TOPIC_KEYS.map(slugOf).join(', ')}.`)
    return found
  })
}

const UNITS: Record<string, number> = { '': 1, K: 1_024, M: 1_024 ** 2, G: 1_024 ** 3, T: 1_024 ** 4 }

function parseBytes(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([KMGT]?)$/i.exec(text) ?? []
  const bytes = Math.floor(Number(count) * (UNITS[(unit ?? '').toUpperCase()] ?? 0))
  if (bytes > 0) return bytes
  throw new InvalidArgumentError('must be bytes, such as 8M or 200G.')
}

function parseDays(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError('must be a number of days, 1 or more.')
}
