import { textOf, type RowPlace } from './csv-values.ts'
import { LogUnreadableError } from './errors.ts'
import type { CsvRow } from './feed-log.ts'

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
const FIRST_MS = Date.UTC(1990, 0, 1)
const LAST_MS = Date.UTC(2100, 0, 1)
const ZONE = /(Z|[+-]\d{2}:?\d{2})$/i

/**
 * The column's time: a number in whatever unit it can only be in, or a date; one without a zone is UTC.
 *
 * @throws LogUnreadableError naming line and column when it lies before 1990 or after 2100 in every unit, or is no time
 */
export function logTimeOf(row: CsvRow, column: string, place: RowPlace): LogTime {
  const text = textOf(row, column, place).trim()
  const number = Number(text)
  if (Number.isFinite(number)) {
    for (const [unit, ms] of UNIT_MS) {
      const atMs = Math.floor(number * ms)
      if (atMs >= FIRST_MS && atMs < LAST_MS) return { atMs, unit }
    }
    throw noTime(place, column, text, 'as seconds, milliseconds, microseconds and nanoseconds')
  }
  const iso = text.replace(' ', 'T')
  const atMs = Math.floor(Date.parse(ZONE.test(iso) ? iso : `${iso}Z`))
  if (atMs >= FIRST_MS && atMs < LAST_MS) return { atMs, unit: null }
  throw noTime(place, column, text, Number.isFinite(atMs) ? 'as a date' : null)
}

function noTime({ path, line }: RowPlace, column: string, text: string, as: string | null) {
  const why = as === null ? 'is no time' : `lies before 1990 or after 2100 ${as}`
  return new LogUnreadableError(path, `line ${String(line)}: ${column} ${why} (${text})`)
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
