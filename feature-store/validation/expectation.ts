import { z } from 'zod'
import { type Cell, type CellRow, cellText, type TableFile } from '../files/index.ts'
import type { Fingerprints } from './fingerprints.ts'

/** What became of an expectation, in the words of Great Expectations. */
export interface Outcome {
  success: boolean
  result: OutcomeFacts
}

export interface OutcomeFacts {
  element_count?: number
  missing_count?: number
  unexpected_count?: number
  /** Of those that are not missing. */
  unexpected_percent?: number
  partial_unexpected_list?: string[]
  /** Lines of the file (CSV) or rows (Parquet) of the first unexpected values. */
  partial_unexpected_lines?: number[]
  observed_value?: unknown
  details?: string
}

/** Looks at every row of a table, in order. */
export interface Judge {
  see?(row: CellRow, line: number): void
  outcome(): Outcome
}

/** What one row is to an expectation about rows: missing (not counted), as expected, or so many unexpected values. */
export type RowVerdict = number
export const MISSING: RowVerdict = -1
export const EXPECTED: RowVerdict = 0
export const UNEXPECTED: RowVerdict = 1
export type RowCheck = (row: CellRow) => RowVerdict

export interface TableContext {
  table: TableFile
  clockMs: number
  /** All values of a column of a table that an expectation refers to (`refersTo`). */
  valuesOf(table: string, column: string): Fingerprints
}

/** An expectation whose arguments have been read. */
export interface ReadExpectation {
  /** Columns that must be there. */
  columns: readonly string[]
  /** Values of another table that it needs. */
  refersTo?: { table: string; column: string }
  /** Judges a row by itself: what a stream can use too. */
  row?: RowCheck
  open(context: TableContext): Judge
}

export interface ExpectationKind {
  type: string
  kwargs: z.ZodType
  read(kwargs: unknown): ReadExpectation
}

/** Arguments that Great Expectations writes for every expectation and that change no verdict here. */
const COMMON = {
  result_format: z.unknown().optional(),
  catch_exceptions: z.unknown().optional(),
  batch_id: z.unknown().optional(),
  condition_parser: z.null().optional(),
  row_condition: z.null('rows are not selected here: leave row_condition out').optional(),
}
export const mostlyArgument = z.number().min(0).max(1).nullish()
/** May be empty: pandas leaves the name of its index column so in a CSV. */
export const columnArgument = z.string()
export const boundArgument = z.union([z.number(), z.string()]).nullish()

export function defineExpectation<S extends z.ZodRawShape>(
  type: string,
  shape: S,
  read: (kwargs: z.output<z.ZodObject<S>>) => ReadExpectation,
): ExpectationKind {
  const kwargs = z.strictObject({ ...COMMON, ...shape })
  return { type, kwargs, read: (input) => read(kwargs.parse(input) as unknown as z.output<z.ZodObject<S>>) }
}

/** An expectation about the single values of a column; `check` never sees a missing one. */
export function defineValueExpectation<S extends z.ZodRawShape>(
  type: string,
  shape: S,
  checkOf: (
    kwargs: z.output<z.ZodObject<S>>,
    context?: TableContext,
  ) => (cell: Exclude<Cell, null>) => boolean,
): ExpectationKind {
  const whole = { column: columnArgument, mostly: mostlyArgument, ...shape }
  return defineExpectation(type, whole, (kwargs) => {
    const { column, mostly } = kwargs as unknown as { column: string; mostly?: number | null }
    const rowOf = (context?: TableContext): RowCheck => {
      const check = checkOf(kwargs as unknown as z.output<z.ZodObject<S>>, context)
      return (row) => {
        const cell = row[column] ?? null
        return cell === null ? MISSING : check(cell) ? EXPECTED : UNEXPECTED
      }
    }
    return {
      columns: [column],
      row: rowOf(),
      open: (context) => judgeRows(rowOf(context), { mostly, shown: [column] }),
    }
  })
}

const SHOWN_MAX = 20

/** Counts what a check finds unexpected; a success is a share of at least `mostly`. */
export function judgeRows(
  check: RowCheck,
  { mostly, shown }: { mostly?: number | null | undefined; shown: readonly string[] },
): Judge & { see: NonNullable<Judge['see']> } {
  let [elements, missing, unexpected] = [0, 0, 0]
  const list: string[] = []
  const lines: number[] = []
  return {
    see(row, line) {
      elements++
      const verdict = check(row)
      if (verdict === MISSING) missing++
      else if (verdict > 0) {
        unexpected += verdict
        if (list.length >= SHOWN_MAX) return
        list.push(shown.map((column) => cellText(row[column])).join(', '))
        lines.push(line)
      }
    },
    outcome() {
      const present = elements - missing
      const share = present === 0 ? 1 : (present - unexpected) / present
      return {
        success: share >= (mostly ?? 1),
        result: {
          element_count: elements,
          missing_count: missing,
          unexpected_count: unexpected,
          unexpected_percent: present === 0 ? 0 : (100 * unexpected) / present,
          partial_unexpected_list: list,
          partial_unexpected_lines: lines,
        },
      }
    },
  }
}
