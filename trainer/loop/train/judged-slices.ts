import type { Forecast } from '../../metrics/index.ts'
import { backtestMetrics, type BacktestMetrics } from '../backtest/backtest-metrics.ts'
import type { SliceColumn } from '../backtest/slices.ts'

/** A part of the test rows. */
export interface JudgedSlice extends BacktestMetrics {
  slice: string
  value: string
  /** Of all test rows. */
  share: number
  /** Values of this slice that are seldom seen in training, together. */
  isRare: boolean
}

export interface SlicedRows {
  /** Of each test row, its place in the tables of the pass. */
  places: Int32Array
  /** Of each training row. */
  trainPlaces: Int32Array
  forecasts: readonly Forecast[]
  requests: Int32Array
  threshold: number
}

/** A value with a smaller share of the training rows is seldom seen. */
const RARE_SHARE = 0.01
/** Values told one by one; what is left is told as others. */
const VALUES_TOLD_MAX = 30
const OTHERS = 'other values'
const RARE = 'rare values'

/** Each value of each slice by itself, and all rare values of a slice together: what a mean over all rows hides. */
export function judgedSlices(columns: readonly SliceColumn[], rows: SlicedRows): JudgedSlice[] {
  return columns.flatMap((column) => slicesOf(column, rows))
}

function slicesOf({ name, codes, values }: SliceColumn, rows: SlicedRows): JudgedSlice[] {
  const inTraining = new Float64Array(values.length)
  for (const place of rows.trainPlaces) inTraining[codes[place]!]! += 1 / rows.trainPlaces.length
  const members = values.map((): number[] => [])
  for (const [at, place] of rows.places.entries()) members[codes[place]!]!.push(at)
  const told = values
    .map((value, code) => ({ value, code, at: members[code]! }))
    .filter(({ at }) => at.length > 0)
    .sort((left, right) => right.at.length - left.at.length)
  if (told.length < 2) return []
  const judged = (value: string, at: readonly number[], isRare: boolean): JudgedSlice => ({
    slice: name,
    value,
    share: at.length / rows.places.length,
    isRare,
    ...backtestMetrics(
      at.map((place) => rows.forecasts[place]!),
      at.map((place) => rows.requests[place]!),
      rows.threshold,
    ),
  })
  const rest = told.slice(VALUES_TOLD_MAX).flatMap(({ at }) => at)
  const rare = told.filter(({ code }) => inTraining[code]! < RARE_SHARE)
  const rareRows = rare.flatMap(({ at }) => at)
  const together = `${RARE} (${String(rare.length)}, each less than 1 % of training)`
  return [
    ...told.slice(0, VALUES_TOLD_MAX).map(({ value, at }) => judged(value, at, false)),
    ...(rest.length > 0 ? [judged(OTHERS, sorted(rest), false)] : []),
    ...(rare.length > 1 ? [judged(together, sorted(rareRows), true)] : []),
  ]
}

/** Rows of one request follow each other. */
const sorted = (places: number[]) => places.sort((one, other) => one - other)
