import type { AttributesLayout } from '../attributes/attributes-layout.ts'
import type { AttributeValue } from '../attributes/attributes-state.ts'
import { MISSING, STALE, type BucketColumns } from '../contract.ts'
import type { EntityView } from './entity-view.ts'

/** Behind a feature's name: the column that says whether its value is missing. */
export const MISSING_SUFFIX = '__missing'

export type Source = 'user' | 'item' | 'context'

/** All that one row may depend on. */
export interface RowInput {
  user: EntityView
  item: EntityView
  /** Attributes that came with the request. */
  context: ReadonlyMap<string, AttributeValue>
  /** How many candidates the request has. */
  candidates: number
  /** The feed's own rates at the request's moment, those that the feature set asks for (feedRatesAt). */
  feedRates: Float64Array
}

/** Writes a row's columns into zeroed memory, the first of them to `at`. */
export type ColumnWriter = (input: RowInput, vector: Float32Array, flags: Uint8Array, at: number) => void

/** The rows of one request, whose other columns are written. */
export interface ListRows {
  readonly vectors: Float32Array
  readonly flags: Uint8Array
  /** Where the first row begins. */
  readonly base: number
  readonly count: number
  readonly width: number
}

/**
 * How columns are written. `request`: the same for all candidates of a request, computed once. `list`: when all rows
 * of the request have their other columns, from those.
 */
type Writing =
  | { readonly scope: 'request' | 'candidate'; readonly write: ColumnWriter }
  | { readonly scope: 'list'; readonly writeList: (rows: ListRows, at: number) => void }

/** A definition's columns, wherever they come to stand. */
export type Columns = Writing & {
  /** Its first column is the place of the candidate. */
  readonly isPosition?: boolean
  /** What each column's name has behind the definition's. */
  readonly suffixes: readonly string[]
  /** The first `columns` hold numbers of buckets, 0 (none) to `range` - 1, in one numbering. Left out: all are quantities. */
  readonly buckets?: { readonly columns: number; readonly range: number }
}

/** The same at their place in the vector. */
export type ColumnGroup = Writing & {
  /** The first column. */
  readonly at: number
  readonly names: readonly string[]
  readonly buckets?: BucketColumns
}

/** Reads an attribute as of the row; null when it is missing. */
export function attributeReader(
  from: Source,
  attribute: string,
  attributes: { user: AttributesLayout; item: AttributesLayout },
): (input: RowInput) => AttributeValue {
  if (from === 'context') return ({ context }) => context.get(attribute) ?? null
  const place = attributes[from].placeByName.get(attribute)!
  return (input) => input[from].values?.[place] ?? null
}

const scopeOf = (from: Source): 'candidate' | 'request' => (from === 'item' ? 'candidate' : 'request')

/** One column that is never missing: an entity without interactions has really none. */
export function ofState(
  entity: 'user' | 'item',
  value: (view: EntityView, input: RowInput) => number,
): Columns {
  return {
    scope: scopeOf(entity),
    suffixes: [''],
    write(input, vector, flags, at) {
      const view = input[entity]
      vector[at] = value(view, input)
      if (view.stale) flags[at] = STALE
    },
  }
}

/** The value, 0 when missing, and a column that says so. `staleAs`: whose state it came from. */
export function withMissing(
  from: Source,
  staleAs: 'user' | 'item' | null,
  value: (input: RowInput) => number | null,
): Columns {
  return {
    scope: scopeOf(from),
    suffixes: ['', MISSING_SUFFIX],
    write(input, vector, flags, at) {
      const found = value(input)
      const stale = staleAs !== null && input[staleAs].stale ? STALE : 0
      vector[at] = found ?? 0
      vector[at + 1] = found === null ? 1 : 0
      flags[at] = (found === null ? MISSING : 0) | stale
      flags[at + 1] = stale
    },
  }
}

/** A column per value, 1 for those that it has, and a column that says when nothing is known. */
export function oneHotColumns(
  from: Source,
  values: readonly string[],
  /** Columns to set, -1 for a value that has none; null: missing. */
  places: (input: RowInput) => readonly number[] | null,
): Columns {
  const missing = values.length
  return {
    scope: scopeOf(from),
    suffixes: [...values.map((value) => `=${value}`), MISSING_SUFFIX],
    write(input, vector, flags, at) {
      const found = places(input)
      if (found === null) {
        vector[at + missing] = 1
        flags.fill(MISSING, at, at + missing)
        return
      }
      for (const place of found) if (place >= 0) vector[at + place] = 1
    },
  }
}
