import { z } from 'zod'
import { type CellRow, cellText } from '../../files/index.ts'
import {
  columnArgument,
  defineExpectation,
  EXPECTED,
  type ExpectationKind,
  judgeRows,
  MISSING,
  mostlyArgument,
  type RowCheck,
  UNEXPECTED,
} from '../expectation.ts'
import { createFingerprints } from '../fingerprints.ts'

/** Every row of a value that is there several times is unexpected, the first one too. */
function judgeUnique(
  keyOf: (row: CellRow) => string | null,
  shown: readonly string[],
  mostly?: number | null,
) {
  const seen = createFingerprints()
  const check: RowCheck = (row) => {
    const key = keyOf(row)
    if (key === null) return MISSING
    const before = seen.add(key)
    return before === 0 ? EXPECTED : before === 1 ? 2 * UNEXPECTED : UNEXPECTED
  }
  const judge = judgeRows(check, { mostly, shown })
  return {
    ...judge,
    outcome() {
      const outcome = judge.outcome()
      if (!seen.isFull) return outcome
      const details = `only repetitions of the first ${seen.size.toLocaleString('en-US')} values are counted`
      return { ...outcome, result: { ...outcome.result, details } }
    },
  }
}

/** Between values that no file holds. */
const DIVIDER = '\u0000'

const ignoreRowIf = z
  .enum(['all_values_are_missing', 'any_value_is_missing', 'never'])
  .default('all_values_are_missing')
const columnList = {
  column_list: z.array(columnArgument).min(2),
  ignore_row_if: ignoreRowIf,
  mostly: mostlyArgument,
}

/** Whether a row counts, by what of it is missing. */
function isIgnored(row: CellRow, columns: readonly string[], rule: z.output<typeof ignoreRowIf>): boolean {
  const isMissing = (column: string) => (row[column] ?? null) === null
  if (rule === 'never') return false
  return rule === 'any_value_is_missing' ? columns.some(isMissing) : columns.every(isMissing)
}

/** What is there once only. */
export const UNIQUE_EXPECTATIONS: readonly ExpectationKind[] = [
  defineExpectation(
    'expect_column_values_to_be_unique',
    { column: columnArgument, mostly: mostlyArgument },
    ({ column, mostly }) => ({
      columns: [column],
      open: () =>
        judgeUnique(
          (row) => ((row[column] ?? null) === null ? null : cellText(row[column])),
          [column],
          mostly,
        ),
    }),
  ),
  defineExpectation(
    'expect_compound_columns_to_be_unique',
    columnList,
    ({ column_list: columns, ignore_row_if: rule, mostly }) => ({
      columns,
      open: () =>
        judgeUnique(
          (row) =>
            isIgnored(row, columns, rule)
              ? null
              : columns.map((column) => cellText(row[column])).join(DIVIDER),
          columns,
          mostly,
        ),
    }),
  ),
  defineExpectation(
    'expect_select_column_values_to_be_unique_within_record',
    columnList,
    ({ column_list: columns, ignore_row_if: rule, mostly }) => {
      const row: RowCheck = (row) => {
        if (isIgnored(row, columns, rule)) return MISSING
        return new Set(columns.map((column) => cellText(row[column]))).size === columns.length
          ? EXPECTED
          : UNEXPECTED
      }
      return { columns, row, open: () => judgeRows(row, { mostly, shown: columns }) }
    },
  ),
]
