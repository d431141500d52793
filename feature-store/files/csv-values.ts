import { LogUnreadableError } from './errors.ts'

/** One row of a file as text, by column name. */
export type CsvRow = Readonly<Record<string, string>>

/** Where a row stands, for the message when it cannot be used. */
export interface RowPlace {
  path: string
  /** 1-based, the header is line 1. */
  line: number
}

/** A sentence about a row. */
export const rowError = ({ path, line }: RowPlace, why: string) =>
  new LogUnreadableError(path, `line ${String(line)}: ${why}`)

/** The column's text. @throws LogUnreadableError when the file has no such column or it is empty */
export function textOf(row: CsvRow, column: string, place: RowPlace): string {
  const value = row[column]
  if (value === undefined) {
    const has = Object.keys(row).join(', ')
    throw rowError(
      place,
      `there is no column ${column === '' ? '"" (the index, without a name)' : column} (columns: ${has})`,
    )
  }
  if (value === '') throw rowError(place, `${column} is empty`)
  return value
}

/** The column's number. @throws LogUnreadableError when it is none */
export function numberOf(row: CsvRow, column: string, place: RowPlace): number {
  const text = textOf(row, column, place)
  const value = Number(text)
  if (Number.isFinite(value) && text.trim() !== '') return value
  throw rowError(place, `${column} is not a number (${text})`)
}
