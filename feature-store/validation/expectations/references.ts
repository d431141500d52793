import { cellText } from '../../files/index.ts'
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

/** What must be there in another table of the same folder. */
export const REFERENCE_EXPECTATIONS: readonly ExpectationKind[] = [
  defineExpectation(
    'feedloop_expect_column_values_to_exist_in',
    {
      column: columnArgument,
      other_table: columnArgument,
      other_column: columnArgument,
      mostly: mostlyArgument,
    },
    ({ column, other_table: table, other_column: otherColumn, mostly }) => ({
      columns: [column],
      refersTo: { table, column: otherColumn },
      open({ valuesOf }) {
        const known = valuesOf(table, otherColumn)
        return judgeRows(
          (row) => {
            const cell = row[column] ?? null
            if (cell === null) return MISSING
            return known.has(cellText(cell)) ? EXPECTED : UNEXPECTED
          },
          { mostly, shown: [column] },
        )
      },
    }),
  ),
]
