import { z } from 'zod'
import { type Cell, type CellRow, cellNumber, cellText } from '../../files/index.ts'
import { orderOf } from '../bounds.ts'
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

const pair = {
  column_A: columnArgument,
  column_B: columnArgument,
  ignore_row_if: z
    .enum(['both_values_are_missing', 'either_value_is_missing', 'neither'])
    .default('both_values_are_missing'),
  mostly: mostlyArgument,
}

function definePair<S extends z.ZodRawShape>(
  type: string,
  shape: S,
  checkOf: (kwargs: z.output<z.ZodObject<S>>) => (a: Cell, b: Cell) => boolean,
): ExpectationKind {
  return defineExpectation(type, { ...pair, ...shape }, (kwargs) => {
    const {
      column_A: a,
      column_B: b,
      ignore_row_if: rule,
      mostly,
    } = kwargs as unknown as z.output<z.ZodObject<typeof pair>>
    const check = checkOf(kwargs as unknown as z.output<z.ZodObject<S>>)
    const row: RowCheck = (row: CellRow) => {
      const [left, right] = [row[a] ?? null, row[b] ?? null]
      const missing = Number(left === null) + Number(right === null)
      if (missing === 2 && rule !== 'neither') return MISSING
      if (missing === 1 && rule === 'either_value_is_missing') return MISSING
      return check(left, right) ? EXPECTED : UNEXPECTED
    }
    return { columns: [a, b], row, open: () => judgeRows(row, { mostly, shown: [a, b] }) }
  })
}

/** How values of one row stand to one another. */
export const PAIR_EXPECTATIONS: readonly ExpectationKind[] = [
  definePair(
    'expect_column_pair_values_a_to_be_greater_than_b',
    { or_equal: z.boolean().nullish() },
    ({ or_equal: orEqual }) =>
      (a, b) =>
        orEqual === true ? orderOf(a) >= orderOf(b) : orderOf(a) > orderOf(b),
  ),
  definePair(
    'expect_column_pair_values_to_be_equal',
    {},
    () => (a, b) => a !== null && b !== null && cellText(a) === cellText(b),
  ),
  definePair(
    'expect_column_pair_values_to_be_in_set',
    { value_pairs_set: z.array(z.tuple([z.unknown(), z.unknown()])) },
    ({ value_pairs_set: pairs }) => {
      const known = new Set(pairs.map(([a, b]) => `${String(a)}\u0000${String(b)}`))
      return (a, b) => known.has(`${cellText(a)}\u0000${cellText(b)}`)
    },
  ),
  defineExpectation(
    'expect_multicolumn_sum_to_equal',
    {
      column_list: z.array(columnArgument).min(2),
      sum_total: z.number(),
      ignore_row_if: z.string().optional(),
      mostly: mostlyArgument,
    },
    ({ column_list: columns, sum_total: total, mostly }) => {
      const row: RowCheck = (row) => {
        if (columns.every((column) => (row[column] ?? null) === null)) return MISSING
        const sum = columns.reduce((sum, column) => {
          const cell = row[column] ?? null
          return cell === null ? sum : sum + cellNumber(cell)
        }, 0)
        return sum === total ? EXPECTED : UNEXPECTED
      }
      return { columns, row, open: () => judgeRows(row, { mostly, shown: columns }) }
    },
  ),
]
