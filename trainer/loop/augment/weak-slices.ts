import { type Forecast } from '../../metrics/index.ts'
import { backtestMetrics, type BacktestMetrics } from '../backtest/backtest-metrics.ts'
import type { SliceColumn } from '../backtest/slices.ts'
import { headRooms } from '../evaluate/head-room.ts'
import { judgedSlices, type SplitRows, TrainingError } from '../train/index.ts'

/** A part of the rows that mock rows are to be made for. */
export interface WeakSlice {
  slice: string
  value: string
  /** Rows of the training part. */
  training: Int32Array
  /** Places in the test part. */
  test: readonly number[]
  /** How good the model without mock rows is there, on the validation part; null: nothing can be said. */
  validation: BacktestMetrics | null
  /** What of the validation part's log-loss would be saved were it as good as the mean; null: it was asked for by name. */
  gainShare: number | null
}

export interface ValidationScores {
  scores: ArrayLike<number>
  threshold: number
}

/** Of each label: with fewer there is nothing to lie between. */
export const PARENTS_MIN = 6

/**
 * The slices where the loss above the mean costs most, on the validation part: who looked for them in the test part would find
 * those that chance made look bad, which get better by themselves.
 *
 * @throws TrainingError when there are none
 */
export function worstSlices(
  split: SplitRows,
  { scores, threshold }: ValidationScores,
  max: number,
): WeakSlice[] {
  const { rows, parts, played } = split
  const placesOf = (part: Int32Array) => Int32Array.from(part, (row) => rows.places[row]!)
  const places = placesOf(parts.validation)
  const requests = places.map((place) => played.rows.requests[place]!)
  const forecasts = Array.from(parts.validation, (row, at): Forecast => ({
    score: scores[at]!,
    label: rows.labels[row]!,
  }))
  const judged = judgedSlices(played.slices, {
    ...{ places, trainPlaces: placesOf(parts.train), forecasts, requests, threshold },
  })
  const whole = backtestMetrics(forecasts, requests, threshold)
  const found = headRooms(judged, whole)
    .filter(({ gainAtMean }) => gainAtMean > 0)
    .flatMap((weak): WeakSlice[] => {
      const column = played.slices.find(({ name }) => name === weak.slice)
      const code = column?.values.indexOf(weak.value) ?? -1
      if (column === undefined || code < 0) return []
      const validation = judged.find(({ slice, value }) => slice === weak.slice && value === weak.value)!
      return [{ ...sliceOf(split, column, code), validation, gainShare: weak.gainShare }]
    })
    .filter(({ training }) => hasParents(rows.labels, training))
    .slice(0, max)
  if (found.length > 0) return found
  throw new TrainingError(
    'augment_nothing',
    'No part of the rows is worse than the mean and has enough of both labels to make rows of: there is nothing to augment. Name one with --slice, or collect more data.',
  )
}

/** @param wanted like `item category=sport` @throws TrainingError naming what there is */
export function namedSlices(split: SplitRows, wanted: readonly string[]): WeakSlice[] {
  const { played, rows } = split
  return wanted.map((text) => {
    const [, name, value] = /^(.+?)(?:=|: )(.+)$/.exec(text) ?? []
    const column = played.slices.find((one) => one.name === name?.trim())
    const code = column?.values.indexOf(value?.trim() ?? '') ?? -1
    if (column === undefined || code < 0) {
      const there =
        column === undefined
          ? `there are ${played.slices.map((one) => one.name).join(', ')}`
          : `${column.name} has ${column.values.slice(0, 20).join(', ')}`
      throw new TrainingError(
        'augment_slice_unknown',
        `--slice ${text}: the data has no such slice; ${there}. Write it like "${played.slices[0]!.name}=${played.slices[0]!.values[0] ?? ''}".`,
      )
    }
    const slice = sliceOf(split, column, code)
    if (!hasParents(rows.labels, slice.training)) {
      throw new TrainingError(
        'augment_nothing',
        `--slice ${text}: the training part has fewer than ${String(PARENTS_MIN)} rows of one of the labels there, and mock rows lie between real ones of the same label: collect more, or name a larger slice.`,
      )
    }
    return { ...slice, validation: null, gainShare: null }
  })
}

function sliceOf({ rows, parts }: SplitRows, { name, codes, values }: SliceColumn, code: number) {
  const isIn = (row: number) => codes[rows.places[row]!] === code
  return {
    slice: name,
    value: values[code]!,
    training: parts.train.filter(isIn),
    test: Array.from(parts.test.keys()).filter((at) => isIn(parts.test[at]!)),
  }
}

function hasParents(labels: Uint8Array, rows: Int32Array): boolean {
  const positives = rows.reduce((sum, row) => sum + labels[row]!, 0)
  return positives >= PARENTS_MIN && rows.length - positives >= PARENTS_MIN
}
