import { z } from 'zod'
import { BOUNDS, type Bounds, comparedBy, isBetween } from '../bounds.ts'
import {
  boundArgument,
  columnArgument,
  defineExpectation,
  type ExpectationKind,
  type Judge,
} from '../expectation.ts'
import { createReservoir, quantileOf } from '../reservoir.ts'

interface Figure {
  add(value: number): void
  /** NaN: there were no values. */
  value(): number
}

const MEDIAN_VALUES_MAX = 1_000_000

/** Means and deviations by Welford (1962), so that large numbers lose nothing. */
function createMoments() {
  let [count, mean, squares] = [0, 0, 0]
  return {
    add(value: number) {
      count++
      const off = value - mean
      mean += off / count
      squares += off * (value - mean)
    },
    mean: () => (count === 0 ? Number.NaN : mean),
    deviation: () => (count < 2 ? Number.NaN : Math.sqrt(squares / (count - 1))),
  }
}

const FIGURES: Record<string, () => Figure> = {
  mean() {
    const moments = createMoments()
    return { add: moments.add, value: moments.mean }
  },
  stdev() {
    const moments = createMoments()
    return { add: moments.add, value: moments.deviation }
  },
  sum() {
    let sum = 0
    return { add: (value) => void (sum += value), value: () => sum }
  },
  min() {
    let least = Infinity
    return { add: (value) => void (least = Math.min(least, value)), value: () => finite(least) }
  },
  max() {
    let most = -Infinity
    return { add: (value) => void (most = Math.max(most, value)), value: () => finite(most) }
  },
  median() {
    const sample = createReservoir<number>(MEDIAN_VALUES_MAX)
    return {
      add: (value) => sample.add(value),
      value: () => quantileOf(Float64Array.from(sample.values).sort(), 0.5),
    }
  },
}

const finite = (value: number) => (Number.isFinite(value) ? value : Number.NaN)

/** One number of a column. A value that is no number makes it fail: there is no such figure then. */
function judgeFigure(column: string, bounds: Bounds, figure: Figure): Judge {
  const order = comparedBy(bounds)
  const isInside = isBetween(bounds)
  let unfit: { line: number; text: string } | null = null
  return {
    see(row, line) {
      const cell = row[column] ?? null
      if (cell === null) return
      const value = order(cell)
      if (Number.isNaN(value)) unfit ??= { line, text: String(cell) }
      else figure.add(value)
    },
    outcome() {
      if (unfit !== null)
        return {
          success: false,
          result: { details: `line ${String(unfit.line)}: ${unfit.text} is no number` },
        }
      const value = figure.value()
      return { success: isInside(value), result: { observed_value: Number.isNaN(value) ? null : value } }
    },
  }
}

const QUANTILE_RANGES = z.strictObject({
  quantiles: z.array(z.number().min(0).max(1)).min(1),
  value_ranges: z.array(z.tuple([boundArgument, boundArgument])).min(1),
})

/** Figures of a column of numbers. */
export const NUMBER_EXPECTATIONS: readonly ExpectationKind[] = [
  ...Object.entries(FIGURES).map(([name, open]) =>
    defineExpectation(
      `expect_column_${name}_to_be_between`,
      { column: columnArgument, ...BOUNDS },
      ({ column, ...bounds }) => ({ columns: [column], open: () => judgeFigure(column, bounds, open()) }),
    ),
  ),
  defineExpectation(
    'expect_column_quantile_values_to_be_between',
    {
      column: columnArgument,
      quantile_ranges: QUANTILE_RANGES,
      allow_relative_error: z.unknown().optional(),
    },
    ({ column, quantile_ranges: { quantiles, value_ranges: ranges } }) => ({
      columns: [column],
      open() {
        const sample = createReservoir<number>(MEDIAN_VALUES_MAX)
        const judge = judgeFigure(column, {}, { add: (value) => sample.add(value), value: () => 0 })
        return {
          ...judge,
          outcome() {
            const outcome = judge.outcome()
            if (!outcome.success) return outcome
            const sorted = Float64Array.from(sample.values).sort()
            const values = quantiles.map((share) => quantileOf(sorted, share))
            const success = values.every((value, at) =>
              isBetween({ min_value: ranges[at]?.[0], max_value: ranges[at]?.[1] })(value),
            )
            return { success, result: { observed_value: { quantiles, values } } }
          },
        }
      },
    }),
  ),
]
