import { type Command, InvalidArgumentError } from 'commander'
import type { Attribute } from '#schemas'
import { type CommandContext, createClosers, type RedisAddress } from '#streams'
import type { FeatureCommandsConfig } from '../commands.ts'
import type { FeatureRequest } from '../contract.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { parseCount, parseMoment } from '../shadow/range.ts'
import type { StateStore } from '../state-store.ts'
import { explainedTable } from './explain-text.ts'
import { explainVector } from './explain-vector.ts'
import { readRow } from './explain-live.ts'
import { rowAsOf } from './kafka-as-of.ts'

type ExplainContext = CommandContext<FeatureCommandsConfig>
type OpenStore = (address: RedisAddress, config: FeatureCommandsConfig) => Promise<StateStore>

interface ExplainFlags {
  user: string
  item: string
  among?: string[]
  at?: string
  context?: Attribute[]
  toldLater?: true
  recordsMax: number
  all?: true
  json?: true
}

/** A minute or two, and 700 MB. */
const RECORDS_MAX = 2_000_000

export function registerExplain(features: Command, context: ExplainContext, openStore: OpenStore): void {
  features
    .command('explain')
    .description('print every feature of a user and a candidate: its value, unit, age, source and meaning')
    .requiredOption('--user <id>', 'the user')
    .requiredOption('--item <id>', 'the candidate')
    .option('--among <ids...>', 'the other candidates, for features that say where it stands among them')
    .option(
      '--at <time>',
      'what could be known then, from the log: 2026-11-29T10:00:00Z, a time ago (6h) or now (default: what the store has)',
    )
    .option('--context <name=value>', 'an attribute of the request; may be given several times', contextOf)
    .option(
      '--told-later',
      'with --at: also what was told afterwards of the time before, for logs written later',
    )
    .option(
      '--records-max <n>',
      'with --at: records of the log that are read at most, in memory',
      parseCount,
      RECORDS_MAX,
    )
    .option('--all', 'every column, also those of long lists of values that are 0')
    .option('--json', 'one line of JSON')
    .action(async (flags: ExplainFlags) => {
      process.stdout.write(`${await explain(context, openStore, flags)}\n`)
    })
}

async function explain(context: ExplainContext, openStore: OpenStore, flags: ExplainFlags): Promise<string> {
  const closers = createClosers()
  try {
    const config = await context.loadConfig()
    const featureSet = compileFeatureSet(config.features)
    const runtime = await context.connect('features-explain')
    closers.add(() => runtime.close())
    const { user: userId, item: itemId, context: told = [] } = flags
    const occurredAtMs = momentOf(flags.at, runtime.clock.nowMs())
    const itemIds = [itemId, ...(flags.among ?? []).filter((id) => id !== itemId)]
    const request: FeatureRequest = { userId, itemIds, context: told, occurredAtMs }
    if (flags.at === undefined) {
      const { redis } = await context.addresses(['redis'])
      const store = await openStore(redis, config)
      closers.add(() => store.close())
      const features = explainVector(featureSet, await readRow({ runtime, store, featureSet }, request))
      return textOf(flags, { request, featureSetId: featureSet.id, features, notes: [], from: 'the store' })
    }
    const { recordBytesMax, ...time } = config.limits
    const row = await rowAsOf(
      {
        addresses: await context.addresses(['kafka']),
        runtime,
        featureSet,
        time,
        recordBytesMax,
        recordsMax: flags.recordsMax,
        toldLater: flags.toldLater === true,
        onProgress: (records) => progress(`${String(records)} records of the log read`),
      },
      request,
    )
    progress('')
    const features = explainVector(featureSet, row)
    const from = `${String(row.records)} records of the log`
    return textOf(flags, { request, featureSetId: featureSet.id, features, notes: notesOf(flags, row), from })
  } finally {
    await closers.closeAll()
  }
}

interface Explained {
  request: FeatureRequest
  featureSetId: string
  features: ReturnType<typeof explainVector>
  notes: string[]
  from: string
}

function textOf(flags: ExplainFlags, { request, featureSetId, features, notes, from }: Explained): string {
  const at = new Date(request.occurredAtMs).toISOString()
  if (flags.json === true)
    return JSON.stringify({ user: flags.user, item: flags.item, at, featureSetId, from, features, notes })
  const lines = [
    `user ${flags.user}, item ${flags.item}, at ${at}, from ${from}, ${featureSetId}`,
    '',
    explainedTable(features, flags.all === true),
  ]
  return [...lines, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n')
}

function notesOf({ toldLater }: ExplainFlags, row: { toldLater: number }): string[] {
  if (row.toldLater === 0 || toldLater === true) return []
  return [
    `${String(row.toldLater)} records about the time before were told after it, so they were not known then; --told-later counts them, too.`,
  ]
}

function momentOf(text: string | undefined, nowMs: number): number {
  if (text === undefined) return nowMs
  const moment = parseMoment(text, nowMs)
  if (moment.kind === 'offset')
    throw new InvalidArgumentError('--at must be a time (2026-11-29T10:00:00Z), a time ago (6h) or now.')
  return moment.kind === 'now' ? nowMs : moment.atMs
}

/** `price=3.5` is a number and a text at once: each feature takes what it is declared as. */
function contextOf(text: string, before: Attribute[] = []): Attribute[] {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('must be name=value.')
  const [name, value] = [text.slice(0, at), text.slice(at + 1)]
  const number = value.trim() === '' ? Number.NaN : Number(value)
  return [...before, { name, text: value, number: Number.isFinite(number) ? number : null }]
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text.padEnd(60)}${text === '' ? '\r' : ''}`)
}
