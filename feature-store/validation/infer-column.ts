import { quantileOf } from './reservoir.ts'
import type { ColumnProfile } from './profile.ts'
import { regexOf } from './shape.ts'
import type { Expectation } from './suite.ts'

export interface InferColumnOptions {
  faultShareMax: number
  format: 'csv' | 'parquet'
}

/** Fewer rows say nothing of what is usual. */
const ROWS_MIN = 20
const SET_VALUES_MAX = 30
/** A set has each of its values so many times on average. */
const SET_REPEATS_MIN = 10
const SHAPES_MAX = 8
/** Each of several shapes comes so many times on average. */
const SHAPE_REPEATS_MIN = 20
/** An hour that usually has fewer rows may have none by chance. */
const HOURLY_ROWS_MIN = 20
const HOURS_MIN = 48
/** A hole takes more of the hours than other faults of the rows. */
const HOLES_PER_FAULT = 5
/** How far beyond what was seen numbers may go, in widths of what was seen. */
const MARGIN_TRUSTED = 1
const MARGIN_SUSPECT = 20

export type ColumnKind = 'integer' | 'number' | 'time' | 'boolean' | 'text'

/** What nearly all values of a column are. */
export function kindOfColumn({ present, kinds }: ColumnProfile, faultShareMax: number): ColumnKind {
  const enough = present * (1 - faultShareMax)
  if (kinds.integer >= enough) return 'integer'
  if (kinds.integer + kinds.number >= enough) return 'number'
  if (kinds.time >= enough) return 'time'
  return kinds.boolean >= enough ? 'boolean' : 'text'
}

/** What can be expected of a column by itself. */
export function inferColumn(profile: ColumnProfile, options: InferColumnOptions): Expectation[] {
  const { name: column, rows, present } = profile
  if (rows < ROWS_MIN || present === 0) return []
  const kind = kindOfColumn(profile, options.faultShareMax)
  const expect = (type: string, kwargs: Record<string, unknown> = {}) => ({
    type,
    kwargs: { column, ...kwargs },
  })
  const found: Expectation[] = []
  if (rows - present <= rows * options.faultShareMax)
    found.push(expect('expect_column_values_to_not_be_null'))
  const type = typeNameOf(kind, rows === present)
  if (type !== null) found.push(expect('expect_column_values_to_be_of_type', { type_: type }))
  if (kind === 'time')
    found.push(...inferTime(profile, options).map(({ type, kwargs }) => expect(type, kwargs)))
  const set = setOf(profile, kind, options)
  if (set !== null) return [...found, expect('expect_column_values_to_be_in_set', { value_set: set })]
  if (kind === 'integer' || kind === 'number') {
    const range = rangeOf(profile, options)
    if (range !== null) found.push(expect('expect_column_values_to_be_between', range))
  }
  if (isUnique(profile, kind, options)) found.push(expect('expect_column_values_to_be_unique'))
  const shapes = kind === 'text' ? shapesOf(profile, options) : null
  if (shapes !== null) found.push(expect('expect_column_values_to_match_regex', { regex: regexOf(shapes) }))
  return found
}

/** The type's name as pandas has it: a column of whole numbers with gaps is one of floats there. */
function typeNameOf(kind: ColumnKind, isComplete: boolean): string | null {
  if (kind === 'integer') return isComplete ? 'int64' : 'float64'
  return kind === 'number' ? 'float64' : kind === 'boolean' ? 'bool' : null
}

function inferTime(
  { rows, present, falls, volumes, kinds }: ColumnProfile,
  { faultShareMax, format }: InferColumnOptions,
): Expectation[] {
  const found: Expectation[] = [{ type: 'feedloop_expect_column_values_to_not_be_in_future', kwargs: {} }]
  if (format === 'csv' || kinds.time < present)
    found.push({ type: 'expect_column_values_to_be_dateutil_parseable', kwargs: {} })
  if (falls > rows * faultShareMax) return found
  found.push({ type: 'expect_column_values_to_be_increasing', kwargs: {} })
  const hourly = volumes.whole().map(({ rows }) => rows)
  const sorted = Float64Array.from(hourly).sort()
  if (hourly.length < HOURS_MIN || quantileOf(sorted, 0.5) < HOURLY_ROWS_MIN) return found
  const least = Math.floor(quantileOf(sorted, 0.1) / 3)
  const full = hourly.slice(
    hourly.findIndex((rows) => rows >= least),
    hourly.findLastIndex((rows) => rows >= least) + 1,
  )
  const below = full.filter((rows) => rows < least).length
  if (least >= 1 && below <= full.length * HOLES_PER_FAULT * faultShareMax)
    found.push({ type: 'feedloop_expect_volume_to_be_between', kwargs: { period: 'hour', min_value: least } })
  return found
}

/** Only trusted data says which values there are: a rare value may be a wrong one. */
function setOf({ values, present }: ColumnProfile, kind: ColumnKind, { faultShareMax }: InferColumnOptions) {
  if (values === null || values.size > SET_VALUES_MAX || present < values.size * SET_REPEATS_MIN) return null
  if (kind === 'time' || kind === 'number') return null
  const names = [...values.keys()]
  const isRareWord = (value: string, count: number) =>
    Number.isNaN(Number(value)) && count <= present * faultShareMax
  const isBinary =
    kind === 'integer' && [...values].every(([value, count]) => isBit(value) || isRareWord(value, count))
  if (isBinary) return [0, 1]
  // A count that happens to have few values so far has no set.
  if (kind === 'integer' || faultShareMax > 0) return null
  return names.sort()
}

const isBit = (value: string) => value === '0' || value === '1'

function rangeOf({ numbers, least, most }: ColumnProfile, { faultShareMax }: InferColumnOptions) {
  const sorted = Float64Array.from(numbers).sort()
  const isSuspect = faultShareMax > 0
  const low = isSuspect ? quantileOf(sorted, faultShareMax) : least
  const high = isSuspect ? quantileOf(sorted, 1 - faultShareMax) : most
  const margin = (isSuspect ? MARGIN_SUSPECT : MARGIN_TRUSTED) * (high - low)
  if (!(margin > 0)) return null
  return { min_value: low >= 0 ? 0 : low - margin, max_value: high <= 0 ? 0 : high + margin }
}

function isUnique(
  { present, distinct }: ColumnProfile,
  kind: ColumnKind,
  { faultShareMax }: InferColumnOptions,
): boolean {
  return (
    (kind === 'text' || kind === 'integer') &&
    !distinct.isFull &&
    distinct.size >= present * (1 - faultShareMax)
  )
}

function shapesOf(
  { shapes, present }: ColumnProfile,
  { faultShareMax }: InferColumnOptions,
): string[] | null {
  if (shapes === null) return null
  // In data that nobody vouches for a rare shape may be a wrong one, but one of several may as well be right.
  const common = [...shapes].filter(
    ([, count]) => count >= present * (1 - faultShareMax) || faultShareMax === 0,
  )
  if (common.length === 0 || common.length > SHAPES_MAX || present < common.length * SHAPE_REPEATS_MIN)
    return null
  // Without a digit a shape is the text itself: words, not ids.
  return common.every(([shape]) => shape.includes('\\d+')) ? common.map(([shape]) => shape) : null
}
