import { BOUNDS, isBetween } from '../bounds.ts'
import {
  columnArgument,
  defineExpectation,
  EXPECTED,
  type ExpectationKind,
  judgeRows,
  mostlyArgument,
  type RowCheck,
  UNEXPECTED,
} from '../expectation.ts'

const column = { column: columnArgument, mostly: mostlyArgument }

function rowsThat(type: string, isExpected: (isMissing: boolean) => boolean): ExpectationKind {
  return defineExpectation(type, column, ({ column, mostly }) => {
    const row: RowCheck = (row) => (isExpected((row[column] ?? null) === null) ? EXPECTED : UNEXPECTED)
    return { columns: [column], row, open: () => judgeRows(row, { mostly, shown: [column] }) }
  })
}

/** Whether values are there. */
export const MISSING_EXPECTATIONS: readonly ExpectationKind[] = [
  rowsThat('expect_column_values_to_not_be_null', (isMissing) => !isMissing),
  rowsThat('expect_column_values_to_be_null', (isMissing) => isMissing),
  defineExpectation(
    'expect_column_proportion_of_non_null_values_to_be_between',
    { column: columnArgument, ...BOUNDS },
    ({ column, ...bounds }) => ({
      columns: [column],
      open() {
        const isInside = isBetween(bounds)
        let [rows, present] = [0, 0]
        return {
          see(row) {
            rows++
            if ((row[column] ?? null) !== null) present++
          },
          outcome() {
            const share = rows === 0 ? 1 : present / rows
            return { success: isInside(share), result: { observed_value: share } }
          },
        }
      },
    }),
  ),
]
