import { type Command, InvalidArgumentError } from 'commander'
import { createCodec, createDecoder, openRegistry } from '#schemas'
import type { StreamsConfig } from './config.ts'
import type { CommandContext } from './contract.ts'
import { type FoundLetter, hexLines, letterJson, type LetterFilter } from './dead-letters.ts'
import { readErasures } from './erasures/kafka-read-erasures.ts'
import { OperatorError } from './errors.ts'
import { readDeadLetters } from './kafka/kafka-dead-letters.ts'
import { requeueDeadLetters } from './kafka/kafka-requeue.ts'
import { catalogueOf } from './kafka/kafka-runtime.ts'
import { requeuedText, topicNamed } from './dead-letters-words.ts'
import { table } from './table.ts'

type Context = Pick<CommandContext<StreamsConfig>, 'loadConfig' | 'addresses'>
interface Flags {
  topic?: string
  reason?: string
  stage?: string
  limit: number
  json?: true
}

const LETTERS_LISTED = 100
const LETTERS_REQUEUED = 10_000
const HEX_LINES_MAX = 64

export function registerDeadLettersCommands(program: Command, context: Context): void {
  const deadLetters = program
    .command('dead-letters')
    .description('records that could not be used, with their bytes')

  filtered(deadLetters.command('list').description('the latest first'), LETTERS_LISTED)
    .option('--json', 'print as JSON')
    .action(async (flags: Flags) => {
      const letters = (await find(context, flags, flags.limit)).reverse()
      if (flags.json)
        return print(
          JSON.stringify(
            letters.map((found) => letterJson(found, false)),
            null,
            2,
          ),
        )
      if (letters.length === 0) return print('no dead letters')
      const rows = letters.map(({ id, letter }) => [
        id,
        new Date(letter.diedAtMs).toISOString(),
        letter.reason,
        letter.stage,
        `${letter.topic}[${letter.partition}]@${letter.offset}`,
        letter.value?.length ?? 0,
        letter.detail.slice(0, 60),
      ])
      print(table(['id', 'died at', 'reason', 'stage', 'source', 'bytes', 'detail'], rows))
    })

  deadLetters
    .command('show <id>')
    .description('one letter (partition/offset of the dead-letter topic), with its bytes')
    .option('--json', 'print as JSON, bytes as base64')
    .action(async (id: string, { json }: { json?: true }) => {
      const [found] = await find(context, { id }, 1)
      if (found === undefined)
        throw new OperatorError('no_such_letter', `There is no dead letter ${id}; see \`dead-letters list\`.`)
      if (json) return print(JSON.stringify(letterJson(found, true), null, 2))
      const { key, value, ...facts } = found.letter
      for (const [name, fact] of Object.entries(facts)) print(`${name.padEnd(10)} ${String(fact)}`)
      print(`key        ${key?.toString('utf8') ?? '(none)'}`)
      print(value === null ? 'value      (none)' : hexLines(value, HEX_LINES_MAX).join('\n'))
    })

  filtered(
    deadLetters.command('requeue [id]').description('write the original bytes back to where they came from'),
    LETTERS_REQUEUED,
  )
    .option('--json', 'print as JSON')
    .action(async (id: string | undefined, flags: Flags) => {
      if (
        id === undefined &&
        flags.topic === undefined &&
        flags.reason === undefined &&
        flags.stage === undefined
      ) {
        throw new InvalidArgumentError(
          'name one letter by its id, or several by --topic, --reason or --stage',
        )
      }
      const [config, addresses] = [await context.loadConfig(), await context.addresses(['kafka', 'registry'])]
      const catalogue = catalogueOf(config)
      const filter = { ...flags, id, topic: topicNamed(catalogue, flags.topic) }
      const codec = await createCodec(openRegistry(addresses.registry), catalogue)
      const { prefix } = config
      const { limit } = flags
      const requeued = await requeueDeadLetters({ addresses, catalogue, codec, prefix, filter, limit })
      print(flags.json ? JSON.stringify(requeued) : requeuedText(requeued))
    })
}

function filtered(command: Command, limit: number): Command {
  return command
    .option(
      '--topic <name>',
      'source topic, as the broker names it or by its short name: interactions, item-interactions, ...',
    )
    .option('--reason <code>', 'undecodable, unknown_schema, too_large, far_future, ...')
    .option('--stage <name>', 'the stage that gave the record up')
    .option('--limit <n>', 'at most so many, the latest', parseLimit, limit)
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 1) throw new InvalidArgumentError('must be a positive whole number')
  return limit
}

/** The latest that match, oldest first. */
async function find(context: Context, filter: LetterFilter, limit: number): Promise<FoundLetter[]> {
  const [config, addresses] = [await context.loadConfig(), await context.addresses(['kafka', 'registry'])]
  const catalogue = catalogueOf(config)
  const codec = createDecoder(openRegistry(addresses.registry), catalogue)
  const found: FoundLetter[] = []
  const wanted = { ...filter, topic: topicNamed(catalogue, filter.topic) }
  const erasures = await readErasures(addresses, catalogue.erasures.name, codec)
  const letters = readDeadLetters(addresses, catalogue.deadLetters.name, codec, wanted, erasures)
  for await (const letter of letters) {
    found.push(letter)
    if (found.length > limit) found.shift()
  }
  return found
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
