import type { TableFile } from '../files/index.ts'
import { inferColumn } from './infer-column.ts'
import { inferRelations } from './infer-relations.ts'
import { columnsThatTell, LEAK_AUC_MAX } from './expectations/leaks.ts'
import { profileTable, type TableProfile } from './profile.ts'
import type { Expectation, Suite } from './suite.ts'

export interface InferOptions {
  tables: readonly TableFile[]
  /** Rows that may be wrong in the data that the suite is made from: 0 where the data is trusted. */
  faultShareMax: number
  /** The column to be predicted; left out: by its name. */
  label?: string | undefined
  /** Columns that are known after the label only. */
  outcomes?: readonly string[]
  onRows?: (rows: number, table: string) => void | Promise<void>
}

export interface InferredSuite {
  suite: Suite
  notes: string[]
}

/** Share of rows that may be wrong where nobody vouches for the data. */
export const SUSPECT_SHARE = 0.02
const LABEL_NAME = /^(label|target|y|outcome|is_?click(ed)?|click(ed)?)$/i

/**
 * Proposes a suite by what the data at hand is: what all of it (or nearly all, where it is not trusted) has in common. Reads
 * each table twice.
 */
export async function inferSuite({ onRows, ...options }: InferOptions): Promise<InferredSuite> {
  let seen = 0
  const told = (table: string) => async (rows: number) => {
    seen += rows
    await onRows?.(seen, table)
  }
  const profiles: TableProfile[] = []
  for (const table of options.tables) profiles.push(await profileTable(table, told(table.table)))
  const expectations: Expectation[] = []
  const notes: string[] = []
  for (const profile of profiles) {
    const { table } = profile.table
    const own = [
      ...wholeTable(profile),
      ...profile.columns.flatMap((column) =>
        inferColumn(column, { ...options, format: profile.table.format }),
      ),
      ...(await inferRelations(profile, { ...options, profiles, onRows: told(table) })),
      ...leaks(profile, options, notes),
    ]
    expectations.push(...own.map((expectation) => ({ ...expectation, meta: { table } })))
  }
  return { suite: { name: 'inferred', expectations }, notes }
}

function wholeTable({ table, rows }: TableProfile): Expectation[] {
  if (rows === 0) return []
  return [
    { type: 'expect_table_row_count_to_be_between', kwargs: { min_value: 1 } },
    {
      type: 'expect_table_columns_to_match_set',
      kwargs: { column_set: table.columns.map(({ name }) => name) },
    },
  ]
}

/** In trusted data a column that tells the label is one that is known after it. */
function leaks(
  { table, columns, sample }: TableProfile,
  options: Omit<InferOptions, 'onRows'>,
  notes: string[],
): Expectation[] {
  const names = columns.map(({ name }) => name)
  const label = options.label ?? names.find((name) => LABEL_NAME.test(name))
  const values = columns.find(({ name }) => name === label)?.values
  if (label === undefined || values === undefined || values === null || values.size !== 2) return []
  const outcomes = (options.outcomes ?? []).filter((name) => names.includes(name))
  const others = names.filter((name) => name !== label && !outcomes.includes(name))
  const telling =
    options.faultShareMax > 0 ? [] : columnsThatTell(sample, { label, columns: others, aucMax: LEAK_AUC_MAX })
  for (const { column, auc } of telling)
    notes.push(
      `${table.path}: ${column} tells ${label} alone (AUC ${auc.toFixed(3)}): taken for something that is known after it; remove it from "ignore" if it is not`,
    )
  const ignore = [...outcomes, ...telling.map(({ column }) => column)]
  return [
    { type: 'feedloop_expect_no_column_to_tell_the_label', kwargs: { label, ignore, auc_max: LEAK_AUC_MAX } },
  ]
}
