import { cellText, type TableFile } from '../files/index.ts'
import type { Judge, OutcomeFacts, TableContext } from './expectation.ts'
import { createFingerprints, type Fingerprints } from './fingerprints.ts'
import type { Expectation, OpenedExpectation } from './suite.ts'

/** What became of one expectation on one table. */
export interface Verdict {
  table: string
  path: string
  expectation: Expectation
  success: boolean
  /** Why it could not be judged; it counts as not met. */
  exception: string | null
  result: OutcomeFacts
}

export interface ValidatedTable {
  table: string
  path: string
  format: string
  rows: number
  columns: string[]
}

export interface ValidationReport {
  suite: string
  success: boolean
  statistics: { evaluated: number; successful: number; unsuccessful: number }
  tables: ValidatedTable[]
  verdicts: Verdict[]
  notes: string[]
}

export interface ValidateOptions {
  suite: string
  expectations: readonly OpenedExpectation[]
  tables: readonly TableFile[]
  clockMs: number
  /** Called every so many rows. */
  onRows?: (rows: number, table: string) => void | Promise<void>
}

const ROWS_PER_TURN = 5_000

/**
 * Judges tables by a suite in one pass over each, and one more over those that others refer to. Memory does not grow with
 * rows but for what is remembered of different values (fingerprints.ts).
 *
 * @throws LogUnreadableError when a file cannot be read to its end
 */
export async function validateTables(options: ValidateOptions): Promise<ValidationReport> {
  const { suite, expectations, tables, clockMs } = options
  const notes = tables.flatMap((table) => table.notes)
  const names = tables.map(({ table }) => table)
  const elsewhere = expectations.filter(({ expectation }) => !isAbout(expectation, names))
  const verdicts: Verdict[] = []
  if (tables.length === 1 && elsewhere.length > 0)
    notes.push(`${String(elsewhere.length)} expectations of the suite are about other tables: left out`)
  else verdicts.push(...elsewhere.map(missingTable(names)))

  const rowsSeen = createTurns(options.onRows)
  const references = await readReferences(options, rowsSeen)
  const validated: ValidatedTable[] = []
  for (const table of tables) {
    const context = { table, clockMs, valuesOf: referenced(references) }
    const own = expectations.filter(({ expectation }) => isAbout(expectation, [table.table]))
    const judged = own.map((opened) => open(opened, context, references))
    const seeing = judged.flatMap(({ judge }) => (judge?.see === undefined ? [] : [judge as Required<Judge>]))
    let rows = 0
    for await (const { row, line } of table.rows()) {
      rows++
      for (const judge of seeing) judge.see(row, line)
      if (rows % ROWS_PER_TURN === 0) await rowsSeen(ROWS_PER_TURN, table.table)
    }
    validated.push({
      ...{ table: table.table, path: table.path, format: table.format, rows },
      columns: table.columns.map(({ name }) => name),
    })
    verdicts.push(...judged.map(({ judge, verdict }) => ({ ...verdict, ...(judge?.outcome() ?? {}) })))
  }
  const unsuccessful = verdicts.filter(({ success }) => !success).length
  return {
    suite,
    success: unsuccessful === 0,
    statistics: { evaluated: verdicts.length, successful: verdicts.length - unsuccessful, unsuccessful },
    tables: validated,
    verdicts,
    notes,
  }
}

const isAbout = ({ meta }: Expectation, tables: readonly string[]) =>
  meta?.table === undefined || tables.includes(meta.table)

const missingTable =
  (names: readonly string[]) =>
  ({ expectation }: OpenedExpectation): Verdict => ({
    ...{ table: expectation.meta!.table!, path: '', expectation, success: false, result: {} },
    exception: `there is no table ${expectation.meta!.table!} (there are ${names.join(', ')})`,
  })

function createTurns(onRows: ValidateOptions['onRows']) {
  let seen = 0
  return async (rows: number, table: string): Promise<void> => {
    seen += rows
    await onRows?.(seen, table)
  }
}

type References = ReadonlyMap<string, Fingerprints | string>
const keyOf = (table: string, column: string) => `${table}\u0000${column}`

/** Values of the columns that others refer to; a text says why there are none. */
async function readReferences(
  { expectations, tables }: ValidateOptions,
  rowsSeen: (rows: number, table: string) => Promise<void>,
): Promise<References> {
  const wanted = new Map<string, { table: string; column: string }>()
  for (const { read } of expectations)
    if (read.refersTo !== undefined)
      wanted.set(keyOf(read.refersTo.table, read.refersTo.column), read.refersTo)
  const found = new Map<string, Fingerprints | string>()
  for (const name of new Set([...wanted.values()].map(({ table }) => table))) {
    const table = tables.find((one) => one.table === name)
    const columns = [...wanted.values()].filter((one) => one.table === name).map(({ column }) => column)
    if (table === undefined) {
      for (const column of columns)
        found.set(
          keyOf(name, column),
          `it refers to ${name}.${column}, and that table is not here: validate the folder`,
        )
      continue
    }
    const sets = columns.map((column) => ({ column, values: createFingerprints() }))
    let rows = 0
    for await (const { row } of table.rows()) {
      for (const { column, values } of sets)
        if ((row[column] ?? null) !== null) values.add(cellText(row[column]))
      if (++rows % ROWS_PER_TURN === 0) await rowsSeen(ROWS_PER_TURN, name)
    }
    for (const { column, values } of sets)
      found.set(
        keyOf(name, column),
        values.isFull
          ? `${name}.${column} has more different values than are kept here (${values.size})`
          : values,
      )
  }
  return found
}

const referenced = (references: References) => (table: string, column: string) =>
  references.get(keyOf(table, column)) as Fingerprints

/** A judge, or a verdict that says why there is none. */
function open({ expectation, read }: OpenedExpectation, context: TableContext, references: References) {
  const { table } = context
  const verdict: Verdict = {
    ...{ table: table.table, path: table.path, expectation, success: false, exception: null, result: {} },
  }
  const columns = table.columns.map(({ name }) => name)
  const missing = read.columns.find((column) => !columns.includes(column))
  if (missing !== undefined) {
    const exception = `there is no column ${missing} (there are ${columns.join(', ')})`
    return { verdict: { ...verdict, exception }, judge: null }
  }
  const reference =
    read.refersTo === undefined ? null : references.get(keyOf(read.refersTo.table, read.refersTo.column))
  if (typeof reference === 'string') return { verdict: { ...verdict, exception: reference }, judge: null }
  return { verdict, judge: read.open(context) }
}
