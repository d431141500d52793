import { readFileSync } from 'node:fs'
import { joinedId, type Attribute } from '#schemas'
import { parseDuration } from '../duration.ts'
import { logTimeOf, LogUnreadableError, type PlacedRow } from '#feature-store/files'
import type { DataSetOptions, FeedLog, LogEntry } from './feed-log.ts'
import { openSides, type SideTable } from './fs-side-table.ts'
import { contextColumns, inferLogMap, parseLogMap, type LogMap } from './log-map.ts'
import { inOrder, type OrderedRows, type TimedRow } from './ordered-rows.ts'
import { createRepeatedIds } from './repeated-ids.ts'
import { itemOf, rowAttributes, tableImpression, userOf, type TableShape } from './table-entries.ts'
import { createChanges } from './table-changes.ts'
import { tableFacts } from './table-facts.ts'
import { tableFeed } from './table-feed.ts'
import { attributeNames } from './table-names.ts'
import type { LogFeed } from './feeds.ts'

/** Where rows have no time, the first one is at this moment. */
const TABLE_STARTS_AT_MS = Date.UTC(2000, 0, 1)

/** Reads a table: rows with their names of columns, from the beginning each time it is called. */
export type TableRows = () => AsyncIterable<PlacedRow>

/**
 * Opens a table with a map that says what its columns are, or by their names. Rows of one list become one request; without a
 * column for lists each row is a request with one candidate; without users and items the table is one stream.
 *
 * @throws LogUnreadableError when the map does not fit the file, or a row cannot be read
 */
export async function openTable(
  path: string,
  { rows, columns }: { rows: TableRows; columns: readonly string[] },
  { mapPath, timeZone }: DataSetOptions,
  sideTables: readonly SideTable[] = [],
): Promise<{ log: FeedLog; feed: LogFeed }> {
  const map = logMapFor(columns, mapPath)
  if (columns.length < 2) throw new LogUnreadableError(path, `has one column only (${columns.join('')})`)
  const context = contextColumns(map, columns)
  const attributes = [...context, ...map.userAttributes, ...map.itemAttributes]
  const facts = await tableFacts(path, rows(), { map, columns: attributes })
  const shape: TableShape = { map, facts, names: attributeNames(attributes), context }
  const sides = await openSides(sideTables, map, timeZone)
  const ordered = await inOrder(path, () => timedRows(rows(), map, timeZone))
  const lists = map.request === undefined ? null : await listsOf(ordered, map.request)
  const notes = [
    ...(mapPath === undefined
      ? [`${path}: read as ${JSON.stringify(map)} (--infer-map prints it, --map takes another)`]
      : []),
    ...(facts.labelNote === undefined ? [] : [facts.labelNote]),
    ...ordered.notes,
    ...sides.notes,
  ]
  const log = {
    name: 'table',
    impressions: lists?.length ?? ordered.count,
    notes,
    entries: () => sides.merged(entriesOf(lists ?? alone(ordered.rows()), shape, sides.tellsItems)),
  }
  return { log, feed: tableFeed(shape, everyMs(map), sides.facts) }
}

/** The map of a file, or one by the names of the columns. @throws LogUnreadableError when it does not fit them */
export const logMapFor = (columns: readonly string[], mapPath: string | undefined): LogMap =>
  mapPath === undefined ? inferLogMap(columns) : parseLogMap(jsonOf(mapPath), mapPath, columns)

const everyMs = ({ every }: LogMap) => parseDuration(every)

async function* timedRows(
  rows: AsyncIterable<PlacedRow>,
  map: LogMap,
  timeZone: string | undefined,
): AsyncIterable<TimedRow> {
  const stepMs = everyMs(map)
  let n = 0
  for await (const { row, place } of rows) {
    const atMs =
      map.time === undefined
        ? TABLE_STARTS_AT_MS + n++ * stepMs
        : logTimeOf(row, map.time, place, timeZone).atMs
    yield { row, place, atMs }
  }
}

interface List {
  id: string | null
  rows: TimedRow[]
}

async function* alone(rows: AsyncIterable<TimedRow>): AsyncIterable<List> {
  for await (const row of rows) yield { id: null, rows: [row] }
}

/** In the order of their first rows. */
async function listsOf(ordered: OrderedRows<TimedRow>, column: string): Promise<List[]> {
  const lists = new Map<string, List>()
  for await (const row of ordered.rows()) {
    const id = row.row[column] ?? ''
    const list = lists.get(id)
    if (list === undefined) lists.set(id, { id, rows: [row] })
    else list.rows.push(row)
  }
  return [...lists.values()]
}

async function* entriesOf(
  lists: AsyncIterable<List> | Iterable<List>,
  shape: TableShape,
  itemsAreTold: boolean,
): AsyncIterable<LogEntry> {
  const { map, context } = shape
  const changesOf = createChanges(map.user === undefined && map.item === undefined ? context : [], shape)
  const idOf = createRepeatedIds()
  const news = createNews()
  let n = 0
  for await (const { id, rows } of lists) {
    const [first] = rows
    const { atMs } = first!
    const userAttributes = rowAttributes(first!, map.userAttributes, shape)
    const userId = userOf(first!, shape)
    if (map.userAttributes.length > 0 && news.isNew('u', userId, userAttributes))
      yield { kind: 'user', atMs, user: { userId, occurredAtMs: atMs, attributes: userAttributes } }
    for (const row of itemsAreTold ? [] : rows) {
      const itemId = itemOf(row, shape)
      const attributes = rowAttributes(row, map.itemAttributes, shape)
      if (news.isNew('i', itemId, attributes))
        yield { kind: 'item', atMs, item: { itemId, occurredAtMs: atMs, attributes } }
    }
    const requestId = idOf(joinedId('-', ['row', id ?? String(n++)]))
    const asked = [...rowAttributes(first!, context, shape), ...changesOf(first!)]
    yield tableImpression(rows, requestId, { shape, context: asked })
  }
}

/** Whether what is said of somebody is other than what was said last. */
function createNews() {
  const last = new Map<string, string>()
  return {
    isNew(of: string, id: string, attributes: readonly Attribute[]): boolean {
      const key = `${of}${id}`
      const said = JSON.stringify(attributes)
      if (last.get(key) === said) return false
      last.set(key, said)
      return true
    },
  }
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new LogUnreadableError(path, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
