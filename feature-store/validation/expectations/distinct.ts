import { z } from 'zod'
import { cellText } from '../../files/index.ts'
import { BOUNDS, isBetween } from '../bounds.ts'
import { columnArgument, defineExpectation, type ExpectationKind, type Outcome } from '../expectation.ts'
import { createFingerprints } from '../fingerprints.ts'

const scalar = z.union([z.string(), z.number(), z.boolean()])
const ofSet = { column: columnArgument, value_set: z.array(scalar) }
/** Different values that are told apart by themselves. */
const VALUES_MAX = 10_000
const SHOWN_MAX = 20

/** Counts of the different values of a column; a column with more than 10,000 has no set. */
function bySet<S extends z.ZodRawShape & typeof ofSet>(
  type: string,
  shape: S,
  judge: (
    counts: ReadonlyMap<string, number>,
    wanted: ReadonlySet<string>,
    kwargs: z.output<z.ZodObject<S>>,
  ) => Outcome,
): ExpectationKind {
  return defineExpectation(type, shape, (kwargs) => {
    const { column, value_set: values } = kwargs as unknown as {
      column: string
      value_set: (string | number)[]
    }
    const wanted = new Set(values.map(String))
    return {
      columns: [column],
      open() {
        const counts = new Map<string, number>()
        let isTooMany = false
        return {
          see(row) {
            const cell = row[column] ?? null
            if (cell === null || isTooMany) return
            const text = cellText(cell)
            counts.set(text, (counts.get(text) ?? 0) + 1)
            isTooMany = counts.size > VALUES_MAX
          },
          outcome: () =>
            isTooMany
              ? {
                  success: false,
                  result: { details: `more than ${VALUES_MAX.toLocaleString('en-US')} different values` },
                }
              : judge(counts, wanted, kwargs as unknown as z.output<z.ZodObject<S>>),
        }
      },
    }
  })
}

const seen = (counts: ReadonlyMap<string, number>) => [...counts.keys()].sort().slice(0, SHOWN_MAX)

function byCount(type: string, figure: (distinct: number, present: number) => number): ExpectationKind {
  return defineExpectation(type, { column: columnArgument, ...BOUNDS }, ({ column, ...bounds }) => ({
    columns: [column],
    open() {
      const isInside = isBetween(bounds)
      const values = createFingerprints()
      let present = 0
      return {
        see(row) {
          const cell = row[column] ?? null
          if (cell === null) return
          present++
          values.add(cellText(cell))
        },
        outcome() {
          const value = figure(values.size, present)
          const details = values.isFull ? { details: 'counted up to this many' } : {}
          return { success: isInside(value), result: { observed_value: value, ...details } }
        },
      }
    },
  }))
}

/** The different values of a column. */
export const DISTINCT_EXPECTATIONS: readonly ExpectationKind[] = [
  bySet('expect_column_distinct_values_to_be_in_set', ofSet, (counts, wanted) => ({
    success: [...counts.keys()].every((value) => wanted.has(value)),
    result: { observed_value: seen(counts) },
  })),
  bySet('expect_column_distinct_values_to_contain_set', ofSet, (counts, wanted) => ({
    success: [...wanted].every((value) => counts.has(value)),
    result: { observed_value: seen(counts) },
  })),
  bySet('expect_column_distinct_values_to_equal_set', ofSet, (counts, wanted) => ({
    success: counts.size === wanted.size && [...wanted].every((value) => counts.has(value)),
    result: { observed_value: seen(counts) },
  })),
  bySet(
    'expect_column_most_common_value_to_be_in_set',
    { ...ofSet, ties_okay: z.boolean().nullish() },
    (counts, wanted, { ties_okay: tiesOkay }) => {
      const most = Math.max(0, ...counts.values())
      const common = [...counts].filter(([, count]) => count === most).map(([value]) => value)
      const inside = common.filter((value) => wanted.has(value))
      const success = inside.length > 0 && (tiesOkay === true || common.length === 1)
      return { success, result: { observed_value: common } }
    },
  ),
  byCount('expect_column_unique_value_count_to_be_between', (distinct) => distinct),
  byCount('expect_column_proportion_of_unique_values_to_be_between', (distinct, present) =>
    present === 0 ? Number.NaN : distinct / present,
  ),
]
