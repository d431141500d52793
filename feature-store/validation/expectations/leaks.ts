import { z } from 'zod'
import { type CellRow, cellNumber, cellText } from '../../files/index.ts'
import { columnArgument, defineExpectation, type ExpectationKind } from '../expectation.ts'
import { labelKnowledge } from '../leakage.ts'
import { createReservoir } from '../reservoir.ts'

export const LEAK_AUC_MAX = 0.95
/** Enough for an area to a hundredth with one positive in a hundred. */
export const LEAK_ROWS = 20_000
/** Fewer of either label say nothing. */
const POSITIVES_MIN = 20

/** True for what people write for a success. */
export const isPositiveLabel = (cell: CellRow[string] | undefined): boolean =>
  cell === true ||
  (cell !== null && cell !== undefined && (cellNumber(cell) > 0 || /^(true|yes|y)$/i.test(cellText(cell))))

/** The columns that tell the label alone, and how well; the best first. */
export function columnsThatTell(
  rows: readonly CellRow[],
  { label, columns, aucMax }: { label: string; columns: readonly string[]; aucMax: number },
): { column: string; auc: number }[] {
  const labels = rows.map((row) => isPositiveLabel(row[label]))
  const positives = labels.filter(Boolean).length
  if (positives < POSITIVES_MIN || rows.length - positives < POSITIVES_MIN) return []
  return columns
    .map((column) => {
      const cells = rows.map((row, at) => ({ cell: row[column] ?? null, isPositive: labels[at]! }))
      return { column, auc: labelKnowledge(cells) }
    })
    .filter(({ auc }) => auc >= aucMax)
    .sort((a, b) => b.auc - a.auc)
}

/** Columns that know what is to be predicted. */
export const LEAK_EXPECTATIONS: readonly ExpectationKind[] = [
  defineExpectation(
    'feedloop_expect_no_column_to_tell_the_label',
    {
      label: columnArgument,
      ignore: z.array(columnArgument).default([]),
      auc_max: z.number().min(0.5).max(1).default(LEAK_AUC_MAX),
    },
    ({ label, ignore, auc_max: aucMax }) => ({
      columns: [label],
      open({ table }) {
        const sample = createReservoir<CellRow>(LEAK_ROWS)
        const columns = table.columns
          .map(({ name }) => name)
          .filter((name) => name !== label && !ignore.includes(name))
        return {
          see(row) {
            if ((row[label] ?? null) !== null) sample.add(row)
          },
          outcome() {
            const telling = columnsThatTell(sample.values, { label, columns, aucMax })
            return {
              success: telling.length === 0,
              result: {
                element_count: columns.length,
                missing_count: 0,
                unexpected_count: telling.length,
                unexpected_percent: columns.length === 0 ? 0 : (100 * telling.length) / columns.length,
                partial_unexpected_list: telling.map(
                  ({ column, auc }) => `${column} (AUC ${auc.toFixed(3)})`,
                ),
              },
            }
          },
        }
      },
    }),
  ),
]
