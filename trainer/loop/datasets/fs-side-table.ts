import type { AttributeFacts } from '#feature-store'
import { logTimeOf, LogUnreadableError, type PlacedRow, textOf } from '#feature-store/files'
import { type LogEntry, mergeByTime } from './feed-log.ts'
import type { LogMap } from './log-map.ts'
import { rowAttributes, type TableShape } from './table-entries.ts'
import { columnFacts, LOOKED_AT_ROWS } from './table-facts.ts'
import { attributeNames } from './table-names.ts'

/** A table of what is known of users or items, beside the table of what was shown. */
export interface SideTable {
  of: 'user' | 'item'
  path: string
  columns: readonly string[]
  rows(): AsyncIterable<PlacedRow>
}

/** A side table that was looked at. */
interface OpenedSide {
  facts: Readonly<Record<string, AttributeFacts>>
  notes: readonly string[]
  /** In event-time order; what has no time, or an earlier one, at the beginning. */
  entries(beginsAtMs: number): Promise<Extract<LogEntry, { kind: 'user' | 'item' }>[]>
}

/** All of it is held in memory. */
const SIDE_ROWS_MAX = 2_000_000
const KEYS = {
  user: /^(user|member|visitor|customer|account|person)([_-]?id)?$/i,
  item: /^(item|video|movie|news|article|product|content|post|doc)([_-]?id)?$/i,
}
const TIMES = {
  user: /^(as_?of|time|timestamp|ts|date_?time|known_?at|occurred_?at|updated_?at)(_?ms)?$/i,
  item: /^(published_?at|created_?at|as_?of|time|timestamp|ts|known_?at|occurred_?at)(_?ms)?$/i,
}
const ID = /(^|[_-])ids?$/i
const LIST_SEPARATOR = '|'

/** All side tables of a log. */
export interface OpenedSides {
  facts: { user: OpenedSide['facts']; item: OpenedSide['facts'] }
  notes: readonly string[]
  tellsItems: boolean
  /** The log with what they tell in between. */
  merged(entries: AsyncIterable<LogEntry>): AsyncIterable<LogEntry>
}

/** What tables beside the first one tell. @throws LogUnreadableError when two places tell the same */
export async function openSides(
  tables: readonly SideTable[],
  map: LogMap,
  timeZone: string | undefined,
): Promise<OpenedSides> {
  for (const { of, path } of tables) {
    const own = of === 'user' ? map.userAttributes : map.itemAttributes
    if (own.length === 0) continue
    throw new LogUnreadableError(
      path,
      `the map says that ${own.join(', ')} are attributes of the ${of} as well: keep them in one place, and take the others out of ${of}Attributes`,
    )
  }
  const opened: { of: SideTable['of']; side: OpenedSide }[] = []
  for (const table of tables) opened.push({ of: table.of, side: await openSide(table, map, timeZone) })
  const factsOf = (of: SideTable['of']): OpenedSide['facts'] =>
    Object.fromEntries(opened.flatMap((one) => (one.of === of ? Object.entries(one.side.facts) : [])))

  async function* merged(entries: AsyncIterable<LogEntry>): AsyncIterable<LogEntry> {
    const rest = entries[Symbol.asyncIterator]()
    const first = await rest.next()
    if (first.done === true) return
    const begun = first.value
    async function* whole(): AsyncIterable<LogEntry> {
      yield begun
      yield* { [Symbol.asyncIterator]: () => rest }
    }
    const told: LogEntry[][] = []
    for (const { side } of opened) told.push(await side.entries(begun.atMs))
    yield* mergeByTime<LogEntry>([...told.map(streamed), whole()])
  }

  return {
    facts: { user: factsOf('user'), item: factsOf('item') },
    notes: opened.flatMap(({ side }) => side.notes),
    tellsItems: opened.some(({ of }) => of === 'item'),
    merged: opened.length === 0 ? (entries) => entries : merged,
  }
}

async function* streamed<T>(values: readonly T[]): AsyncIterable<T> {
  yield* values
}

/**
 * Opens a table with a row per user or item, or several with a time each: each is told at its time, so that no request knows what
 * was written later. Numbers in columns called id are names; texts with `|` in them are lists.
 *
 * @throws LogUnreadableError when it has no column that says whose row it is
 */
async function openSide(side: SideTable, map: LogMap, timeZone?: string): Promise<OpenedSide> {
  const { of, path, columns, rows } = side
  const key = columns.find((name) => name === map[of]) ?? columns.find((name) => KEYS[of].test(name))
  if (key === undefined) {
    throw new LogUnreadableError(
      path,
      `has no column that says which ${of} a row is of (it has ${columns.join(', ')}): call it ${map[of] ?? `${of}_id`}`,
    )
  }
  const time = columns.find((name) => TIMES[of].test(name))
  const attributes = columns.filter((name) => name !== key && name !== time && !map.ignore.includes(name))
  const separators = { ...(await separatorsOf(rows(), attributes)), ...map.separators }
  const facts = await columnFacts(path, rows(), {
    columns: attributes,
    separators,
    isName: (name) => ID.test(name),
  })
  const names = attributeNames(attributes)
  const shape: TableShape = {
    map: { ...map, separators },
    facts: { columns: facts, isPositive: () => false },
    names,
    context: [],
  }
  const untimed = `${path}: rows have no time, so what they say is taken as known from the beginning; add a column as_of where it was not`
  return {
    facts: Object.fromEntries(attributes.map((column) => [names.get(column)!, facts.get(column)!])),
    notes: time === undefined && of === 'user' ? [untimed] : [],
    async entries(beginsAtMs) {
      const entries: Extract<LogEntry, { kind: 'user' | 'item' }>[] = []
      for await (const { row, place } of rows()) {
        if (entries.length >= SIDE_ROWS_MAX)
          throw new LogUnreadableError(path, `has more than ${String(SIDE_ROWS_MAX)} rows: split the data`)
        const occurredAtMs =
          time === undefined || (row[time] ?? '').trim() === ''
            ? beginsAtMs
            : logTimeOf(row, time, place, timeZone).atMs
        const told = {
          occurredAtMs,
          attributes: rowAttributes({ row, place, atMs: occurredAtMs }, attributes, shape),
        }
        const id = textOf(row, key, place)
        const atMs = Math.max(occurredAtMs, beginsAtMs)
        entries.push(
          of === 'user'
            ? { kind: 'user', atMs, user: { userId: id, ...told } }
            : { kind: 'item', atMs, item: { itemId: id, ...told } },
        )
      }
      return entries.sort((left, right) => left.atMs - right.atMs)
    },
  }
}

async function separatorsOf(
  rows: AsyncIterable<PlacedRow>,
  columns: readonly string[],
): Promise<Record<string, string>> {
  const lists = new Set<string>()
  let count = 0
  for await (const { row } of rows) {
    for (const name of columns) if (row[name]?.includes(LIST_SEPARATOR) === true) lists.add(name)
    if (++count >= LOOKED_AT_ROWS) break
  }
  return Object.fromEntries([...lists].map((name) => [name, LIST_SEPARATOR]))
}
