import type { Cell, WrittenColumn } from '#feature-store/files'
import { FEED_TABLES, type FeedTable } from './feed-tables.ts'

const HOUR_MS = 3_600_000

/** An error of real data sets, in one place of the feed's tables. */
interface FaultKind {
  table: FeedTable
  column: string
  /** One row of so many has it. */
  every: number
  what: string
  /** Rows in place of this one; null: this row cannot have it. */
  plant(cells: Cell[], at: { column: number; row: number }): Cell[][] | null
  /** For what is no matter of single rows. */
  isHit?: (cells: Cell[], holeFromMs: number) => boolean
  /** The column is written as text, or is one more. */
  columns?: (columns: readonly WrittenColumn[]) => WrittenColumn[]
}

const changed = (cells: Cell[], column: number, value: Cell): Cell[][] => [cells.with(column, value)]
const moved = (cell: Cell, byMs: number) => new Date((cell as Date).getTime() + byMs)
const columnAt = (table: FeedTable, name: string) =>
  FEED_TABLES[table].findIndex((column) => column.name === name)
const CLICK_AT = columnAt('impressions', 'click')
const SHOWN_AT = columnAt('impressions', 'shown_at')
export const HOLE_HOURS = 6

/** Every kind that `--faults` plants. */
export const FAULT_KINDS = {
  missing_values: {
    ...{ table: 'impressions', column: 'device', every: 100, what: 'the value is missing' },
    plant: (cells, { column }) => changed(cells, column, null),
  },
  duplicate_rows: {
    ...{ table: 'impressions', column: 'request_id', every: 200, what: 'the row is there twice' },
    plant: (cells) => [cells, cells],
  },
  repeated_ids: {
    ...{ table: 'interactions', column: 'interaction_id', every: 200, what: 'another row has the same id' },
    plant: (cells, { column }) => [cells, cells.with(column, cells[column]!).with(column + 2, 'u0')],
  },
  wrong_type: {
    ...{ table: 'user_features', column: 'clicks', every: 100, what: 'a word where a number belongs' },
    plant: (cells, { column }) => changed(cells, column, 'many'),
    columns: (columns) =>
      columns.map((column) => (column.name === 'clicks' ? { ...column, type: 'text' } : column)),
  },
  out_of_range: {
    ...{ table: 'impressions', column: 'dwell_seconds', every: 100, what: 'a negative time' },
    plant: (cells, { column }) => (cells[column] === null ? null : changed(cells, column, -5)),
  },
  unknown_category: {
    ...{ table: 'content_features', column: 'category', every: 60, what: 'a category that does not exist' },
    plant: (cells, { column }) => changed(cells, column, 'c99'),
  },
  dangling_item: {
    ...{ table: 'interactions', column: 'item_id', every: 200, what: 'an item that content_features lacks' },
    plant: (cells, { column, row }) => changed(cells, column, `i9${String(row).padStart(8, '0')}`),
  },
  malformed_id: {
    ...{ table: 'impressions', column: 'user_id', every: 200, what: 'an id with blanks and a prefix' },
    plant: (cells, { column }) => changed(cells, column, ` user ${String(cells[column])}`),
  },
  time_backwards: {
    ...{
      table: 'impressions',
      column: 'shown_at',
      every: 200,
      what: 'a time six hours before its neighbours',
    },
    plant: (cells, { column }) => changed(cells, column, moved(cells[column]!, -6 * HOUR_MS)),
  },
  future_time: {
    ...{ table: 'interactions', column: 'occurred_at', every: 400, what: 'a time ten years ahead' },
    plant: (cells, { column }) => changed(cells, column, moved(cells[column]!, 3_652 * 24 * HOUR_MS)),
  },
  volume_hole: {
    ...{
      table: 'interactions',
      column: 'occurred_at',
      every: 1,
      what: `${String(HOLE_HOURS)} hours without rows`,
    },
    plant: () => [],
    isHit: (cells, holeFromMs) => {
      const atMs = (cells[columnAt('interactions', 'occurred_at')] as Date).getTime()
      return atMs >= holeFromMs && atMs < holeFromMs + HOLE_HOURS * HOUR_MS
    },
  },
  counters_fall: {
    ...{ table: 'user_features', column: 'views', every: 100, what: 'a counter of one person falls to 0' },
    plant: (cells, { column }) => ((cells[column] as number) > 0 ? changed(cells, column, 0) : null),
  },
  contradiction: {
    ...{ table: 'impressions', column: 'like', every: 200, what: 'a like without a click' },
    plant: (cells, { column }) => (cells[CLICK_AT] === 1 ? null : changed(cells, column, 1)),
  },
  leaking_column: {
    ...{ table: 'impressions', column: 'engagement', every: 1, what: 'a column that knows the click' },
    plant: (cells) => {
      const blur = ((cells[SHOWN_AT] as Date).getTime() % 1_000) / 2_000
      return [[...cells, Math.round(1e4 * ((cells[CLICK_AT] as number) * 0.4 + blur)) / 1e4]]
    },
    columns: (columns) => [...columns, { name: 'engagement', type: 'number' }],
  },
} as const satisfies Record<string, FaultKind>
export type FaultName = keyof typeof FAULT_KINDS
export const FAULT_NAMES = Object.keys(FAULT_KINDS) as FaultName[]

export interface PlantedFault {
  kind: FaultName
  table: FeedTable
  column: string
  what: string
  rows: number
  /** The first of them in the written table, 1 the first below the header. */
  at: number[]
}

const ROWS_TOLD_MAX = 20

export interface FaultPlanter {
  columns(table: FeedTable): readonly WrittenColumn[]
  /** Rows to write in place of this one. */
  plant(table: FeedTable, cells: Cell[]): Cell[][]
  readonly planted: readonly PlantedFault[]
}

/** Plants faults of these kinds at regular places, each in a column of its own. */
export function createFaultPlanter(
  names: readonly FaultName[],
  { holeFromMs }: { holeFromMs: number },
): FaultPlanter {
  const kinds = names.map((kind, n) => {
    const fault: FaultKind = FAULT_KINDS[kind]
    const planted: PlantedFault = {
      kind,
      table: fault.table,
      column: fault.column,
      what: fault.what,
      rows: 0,
      at: [],
    }
    return {
      fault,
      planted,
      seen: 0,
      due: Math.ceil(fault.every / 3) + n,
      column: columnAt(fault.table, fault.column),
    }
  })
  const written: Record<FeedTable, number> = {
    impressions: 0,
    interactions: 0,
    content_features: 0,
    user_features: 0,
  }

  type Kind = (typeof kinds)[number]
  function plantOne(kind: Kind, cells: Cell[], row: number): Cell[][] {
    const { fault, planted, column } = kind
    if (fault.isHit !== undefined && !fault.isHit(cells, holeFromMs)) return [cells]
    if (fault.every > 1 && ++kind.seen < kind.due) return [cells]
    const rows = fault.plant(cells, { column, row })
    if (rows === null) return [cells]
    kind.due = kind.seen + fault.every
    planted.rows++
    if (fault.every > 1 && planted.at.length < ROWS_TOLD_MAX) planted.at.push(row)
    return rows
  }

  return {
    planted: kinds.map(({ planted }) => planted),
    columns: (table) =>
      kinds.reduce<readonly WrittenColumn[]>(
        (columns, { fault }) => (fault.table === table ? (fault.columns?.(columns) ?? columns) : columns),
        FEED_TABLES[table],
      ),
    plant(table, cells) {
      let rows = [cells]
      for (const kind of kinds) {
        if (kind.fault.table !== table) continue
        rows = [...plantOne(kind, rows[0] ?? cells, written[table] + 1), ...rows.slice(1)]
        if (rows.length === 0) return rows
      }
      written[table] += rows.length
      return rows
    },
  }
}
