import { type CsvRow, rowError, type RowPlace, textOf } from './csv-values.ts'
import { utcOf } from './log-zone.ts'

export type TimeUnit = 'seconds' | 'milliseconds' | 'microseconds' | 'nanoseconds'

/** A time of a log, and the unit its number was in; null: it was no number. */
export interface LogTime {
  atMs: number
  unit: TimeUnit | null
}

const UNIT_MS: readonly (readonly [TimeUnit, number])[] = [
  ['seconds', 1_000],
  ['milliseconds', 1],
  ['microseconds', 1e-3],
  ['nanoseconds', 1e-6],
]
/** Within these years a number is a time in one unit only. */
export const FIRST_MS = Date.UTC(1990, 0, 1)
export const LAST_MS = Date.UTC(2100, 0, 1)
const ZONE = /\d(Z|[+-]\d{2}:?\d{2})$/i
/** As in the files of MIND: 11/15/2019 9:05:58 AM, the month first. */
const MONTH_FIRST = /^(\d{1,2})\/(\d{1,2})\/(\d{4})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AP])M)?$/i

/**
 * The column's time: a number in whatever unit it can only be in, or a date. One without a zone is in `timeZone`, never
 * in the machine's.
 *
 * @throws LogUnreadableError naming line and column when it lies before 1990 or after 2100 in every unit, or is no time
 */
export function logTimeOf(row: CsvRow, column: string, place: RowPlace, timeZone = 'UTC'): LogTime {
  const text = textOf(row, column, place).trim()
  const number = Number(text)
  if (Number.isFinite(number)) {
    const time = numberTime(number)
    if (time !== null) return time
    throw noTime(place, column, text, 'as seconds, milliseconds, microseconds and nanoseconds')
  }
  const atMs = dateOf(text, timeZone)
  if (atMs >= FIRST_MS && atMs < LAST_MS) return { atMs, unit: null }
  throw noTime(place, column, text, Number.isFinite(atMs) ? 'as a date' : null)
}

/** A number as a time, in the one unit in which it lies between 1990 and 2100; null: there is none. */
export function numberTime(number: number): LogTime | null {
  for (const [unit, ms] of UNIT_MS) {
    const atMs = Math.floor(number * ms)
    if (atMs >= FIRST_MS && atMs < LAST_MS) return { atMs, unit }
  }
  return null
}

/** A date as text, in `timeZone` when it names none; NaN when it is no date. */
export function dateOf(text: string, timeZone: string): number {
  const monthFirst = MONTH_FIRST.exec(text)
  if (monthFirst !== null) return utcOf(monthFirstMs(monthFirst), timeZone)
  if (!/^\d{4}-\d/.test(text)) return Number.NaN
  const iso = text.replace(' ', 'T')
  if (ZONE.test(iso)) return Math.floor(Date.parse(iso))
  return utcOf(Math.floor(Date.parse(`${iso.length === 10 ? `${iso}T00:00` : iso}Z`)), timeZone)
}

function monthFirstMs([, month, day, year, hour, minute, second, half]: RegExpExecArray): number {
  const hours = Number(hour)
  if (half !== undefined && (hours < 1 || hours > 12)) return Number.NaN
  const isAfternoon = half?.toUpperCase() === 'P'
  const hour24 = half === undefined ? hours : (hours % 12) + (isAfternoon ? 12 : 0)
  const given = [Number(month), Number(day), hour24, Number(minute), Number(second ?? 0)] as const
  const [m, d, h, min, s] = given
  if (m < 1 || m > 12 || d < 1 || d > 31 || h > 23 || min > 59 || s > 59) return Number.NaN
  const atMs = Date.UTC(Number(year), m - 1, d, h, min, s)
  return new Date(atMs).getUTCDate() === d ? atMs : Number.NaN
}

function noTime(place: RowPlace, column: string, text: string, as: string | null) {
  const why = as === null ? 'is no time' : `lies before 1990 or after 2100 ${as}`
  return rowError(place, `${column} ${why} (${text})`)
}

/** Units other than the expected one, row by row, and what is said about them. */
export function createUnitNotes(path: string, column: string, expected: TimeUnit) {
  const counts = new Map<TimeUnit, number>()
  return {
    note({ unit }: LogTime): void {
      if (unit !== null && unit !== expected) counts.set(unit, (counts.get(unit) ?? 0) + 1)
    },
    lines: (): string[] =>
      [...counts].map(
        ([unit, rows]) =>
          `${path}: ${column} of ${String(rows)} row(s) is in ${unit}, not in ${expected}: converted`,
      ),
  }
}
