import { joinedId, type Attribute, type Interaction } from '#schemas'
import { numberOf, rowError, textOf } from '#feature-store/files'
import { number, text, type LogEntry } from './feed-log.ts'
import type { LogMap } from './log-map.ts'
import type { TimedRow } from './ordered-rows.ts'
import type { ColumnFacts, TableFacts } from './table-facts.ts'

export interface TableShape {
  map: LogMap
  facts: TableFacts
  /** Attribute names by column. */
  names: ReadonlyMap<string, string>
  context: readonly string[]
}

/** One stream, one thing: a table that has neither users nor items. */
const ALONE = { user: 'stream', item: 'row' }

/** The attributes that a row gives in these columns; what is empty is missing. */
export function rowAttributes(
  { row, place }: TimedRow,
  columns: readonly string[],
  shape: TableShape,
): Attribute[] {
  return columns.flatMap((column) => {
    const value = row[column] ?? ''
    if (value.trim() === '') return []
    const name = shape.names.get(column)!
    const facts: ColumnFacts = shape.facts.columns.get(column)!
    if (facts.kind === 'number') return [number(name, numberOf(row, column, place))]
    const separator = shape.map.separators[column]
    const texts = separator === undefined ? [value] : value.split(separator)
    return texts.filter((one) => one !== '').map((one) => text(name, one))
  })
}

export function userOf({ row, place }: TimedRow, { map }: TableShape): string {
  return map.user === undefined ? ALONE.user : textOf(row, map.user, place)
}

export function itemOf({ row, place }: TimedRow, { map }: TableShape): string {
  return map.item === undefined ? ALONE.item : textOf(row, map.item, place)
}

/** What came of a row, as a number; null: the map names no such column, or it is empty there. */
function valueOf({ row, place }: TimedRow, { value }: LogMap): number | null {
  return value === undefined || (row[value] ?? '').trim() === '' ? null : numberOf(row, value, place)
}

/**
 * Rows of one list as a rank request: the first row's time, user and attributes; every item was seen.
 *
 * @throws LogUnreadableError when the rows of a list are of two users, or an item is in it twice
 */
export function tableImpression(
  rows: readonly TimedRow[],
  requestId: string,
  { shape, context }: { shape: TableShape; context: Attribute[] },
): Extract<LogEntry, { kind: 'impression' }> {
  const { map, facts } = shape
  const [first] = rows
  const { atMs } = first!
  const userId = userOf(first!, shape)
  const candidates: string[] = []
  const outcomes: Interaction[] = []
  for (const [position, row] of rows.entries()) {
    const itemId = itemOf(row, shape)
    if (userOf(row, shape) !== userId)
      throw rowError(row.place, `${map.user!} is another than in the row before of the same list`)
    if (candidates.includes(itemId)) throw rowError(row.place, `${itemId} is twice in one list`)
    candidates.push(itemId)
    const outcome = (type: string, value: number | null): Interaction => ({
      interactionId: joinedId('.', [requestId, itemId, type]),
      userId,
      itemId,
      type,
      occurredAtMs: atMs,
      requestId,
      position,
      value,
    })
    outcomes.push(outcome('view', valueOf(row, map)))
    if (facts.isPositive(textOf(row.row, map.label, row.place))) outcomes.push(outcome('click', null))
  }
  return {
    kind: 'impression',
    atMs,
    request: { requestId, userId, occurredAtMs: atMs, candidates, context },
    outcomes,
  }
}
