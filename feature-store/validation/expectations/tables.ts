import { z } from 'zod'
import { BOUNDS, isBetween } from '../bounds.ts'
import { columnArgument, defineExpectation, type ExpectationKind, type Outcome } from '../expectation.ts'

function byRows(read: (rows: number) => Outcome) {
  return {
    columns: [],
    open() {
      let rows = 0
      return { see: () => void rows++, outcome: () => read(rows) }
    },
  }
}

function byColumns(read: (columns: string[]) => Outcome) {
  return {
    columns: [],
    open: ({ table }: { table: { columns: readonly { name: string }[] } }) => ({
      outcome: () => read(table.columns.map(({ name }) => name)),
    }),
  }
}

const observed = (success: boolean, value: unknown, details?: string): Outcome => ({
  success,
  result: { observed_value: value, ...(details === undefined || success ? {} : { details }) },
})

/** Rows and columns of a table as a whole. */
export const TABLE_EXPECTATIONS: readonly ExpectationKind[] = [
  defineExpectation('expect_table_row_count_to_be_between', BOUNDS, (bounds) => {
    const isInside = isBetween(bounds)
    return byRows((rows) => observed(isInside(rows), rows))
  }),
  defineExpectation('expect_table_row_count_to_equal', { value: z.int().min(0) }, ({ value }) =>
    byRows((rows) => observed(rows === value, rows)),
  ),
  defineExpectation('expect_table_column_count_to_be_between', BOUNDS, (bounds) => {
    const isInside = isBetween(bounds)
    return byColumns((columns) => observed(isInside(columns.length), columns.length))
  }),
  defineExpectation('expect_table_column_count_to_equal', { value: z.int().min(0) }, ({ value }) =>
    byColumns((columns) => observed(columns.length === value, columns.length)),
  ),
  defineExpectation(
    'expect_table_columns_to_match_set',
    { column_set: z.array(columnArgument), exact_match: z.boolean().nullish() },
    ({ column_set: wanted, exact_match: exact }) =>
      byColumns((columns) => {
        const missing = wanted.filter((name) => !columns.includes(name))
        const more = columns.filter((name) => !wanted.includes(name))
        const parts = [
          ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
          ...(more.length > 0 ? [`not expected: ${more.join(', ')}`] : []),
        ]
        return observed(
          missing.length === 0 && (exact === false || more.length === 0),
          columns,
          parts.join('; '),
        )
      }),
  ),
  defineExpectation(
    'expect_table_columns_to_match_ordered_list',
    { column_list: z.array(columnArgument) },
    ({ column_list: wanted }) =>
      byColumns((columns) =>
        observed(
          columns.length === wanted.length && columns.every((name, at) => name === wanted[at]),
          columns,
          `expected ${wanted.join(', ')}`,
        ),
      ),
  ),
  defineExpectation(
    'expect_column_to_exist',
    { column: columnArgument, column_index: z.int().nullish() },
    ({ column, column_index: at }) =>
      byColumns((columns) => ({
        success: columns.includes(column) && (typeof at !== 'number' || columns[at] === column),
        result: {},
      })),
  ),
]
