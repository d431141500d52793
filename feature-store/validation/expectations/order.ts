import { z } from 'zod'
import { cellText } from '../../files/index.ts'
import { orderOf } from '../bounds.ts'
import {
  columnArgument,
  defineExpectation,
  EXPECTED,
  type ExpectationKind,
  judgeRows,
  MISSING,
  mostlyArgument,
  UNEXPECTED,
} from '../expectation.ts'

const ordered = { column: columnArgument, strictly: z.boolean().nullish(), mostly: mostlyArgument }
/** Groups whose last value is remembered. */
const GROUPS_MAX = 2_000_000

function inDirection(type: string, sign: 1 | -1): ExpectationKind {
  return defineExpectation(type, ordered, ({ column, strictly, mostly }) => ({
    columns: [column],
    open() {
      let before: number | null = null
      return judgeRows(
        (row) => {
          const cell = row[column] ?? null
          if (cell === null) return MISSING
          const value = orderOf(cell)
          const step: number = before === null ? Infinity : sign * (value - before)
          before = value
          return (strictly === true ? step > 0 : step >= 0) ? EXPECTED : UNEXPECTED
        },
        { mostly, shown: [column] },
      )
    },
  }))
}

/** How values follow one another. */
export const ORDER_EXPECTATIONS: readonly ExpectationKind[] = [
  inDirection('expect_column_values_to_be_increasing', 1),
  inDirection('expect_column_values_to_be_decreasing', -1),
  defineExpectation(
    'feedloop_expect_column_values_to_be_increasing_within',
    { ...ordered, group_column: columnArgument },
    ({ column, group_column: group, strictly, mostly }) => ({
      columns: [column, group],
      open() {
        const last = new Map<string, number>()
        return judgeRows(
          (row) => {
            const cell = row[column] ?? null
            if (cell === null) return MISSING
            const [key, value] = [cellText(row[group]), orderOf(cell)]
            const before = last.get(key)
            if (before === undefined && last.size >= GROUPS_MAX) return MISSING
            if (!Number.isNaN(value)) last.set(key, value)
            if (before === undefined) return Number.isNaN(value) ? UNEXPECTED : EXPECTED
            return (strictly === true ? value > before : value >= before) ? EXPECTED : UNEXPECTED
          },
          { mostly, shown: [group, column] },
        )
      },
    }),
  ),
]
