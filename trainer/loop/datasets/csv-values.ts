import { LogUnreadableError } from './errors.ts'
import type { CsvRow } from './feed-log.ts'

/** Where a row stands, for the message when it cannot be used. */
export interface RowPlace {
  path: string
  /** 1-based, the header is line 1. */
  line: number
}

/** The column's text. @throws LogUnreadableError when the file has no such column or it is empty */
export function textOf(row: CsvRow, column: string, { path, line }: RowPlace): string {
  const value = row[column]
  if (value === undefined || value === '')
    throw new LogUnreadableError(path, `line ${String(line)} has no ${column}`)
  return value
}

/** The column's number. @throws LogUnreadableError when it is none */
export function numberOf(row: CsvRow, column: string, place: RowPlace): number {
  const value = Number(textOf(row, column, place))
  if (Number.isFinite(value)) return value
  throw new LogUnreadableError(
    place.path,
    `line ${String(place.line)}: ${column} is not a number (${String(row[column])})`,
  )
}
