import type { Attribute } from '#schemas'
import type { Check } from '#streams'

/** Bits of a feature's flag byte. A feature may be missing, stale, both or neither; zero is none of them. */
export const MISSING = 1
export const STALE = 2
/** Beside MISSING: something is known, and it is older than the feature's `maxAgeMinutes`. */
export const TOO_OLD = 4
/** Beside MISSING, in a feature's first column: the candidate is not to be scored. */
export const UNSCORED = 8

/** Columns that hold numbers of hash buckets: names, not quantities. Several columns: one feature with several values. */
export interface BucketColumns {
  readonly columns: readonly number[]
  /** Whole numbers 0 (none) to `range` - 1 in one numbering; a vector names each bucket once. */
  readonly range: number
}

/** What a model sees: a compiled, ordered list of features. */
export interface FeatureSet {
  /** Stable hash of the definitions: two feature sets with the same id give the same vectors. */
  readonly id: string
  /** One name per vector column. */
  readonly names: readonly string[]
  readonly width: number
  /** Left out: every column is a quantity. */
  readonly buckets?: readonly BucketColumns[]
  /** Columns that hold a fixed place when a candidate is served, and its own when it is learned from (asShown). */
  readonly positions?: readonly number[]
  /** First columns of features without which a candidate is not scored (UNSCORED); left out: there are none. */
  readonly required?: readonly number[]
}

/** One rank request, as the reader needs it. */
export interface FeatureRequest {
  userId: string
  itemIds: readonly string[]
  context: readonly Attribute[]
  /** Features are as of this event time. */
  occurredAtMs: number
}

/** Rows of all requests one after another: request 0's candidates, then request 1's, ... */
export interface FeatureVectors {
  /** rows x width, row-major */
  vectors: Float32Array
  /** rows x width */
  flags: Uint8Array
  /** Per request: last applied interactions offset of the user's state, -1 none. */
  userOffsets: number[]
  /** Per row: last applied item-interactions offset of the item's state, -1 none. */
  itemOffsets: number[]
  /** Per partition of interactions: last offset that the feed's own rates have seen, -1 none; empty when no feature asks. */
  feedOffsets: number[]
}

export type FeatureAnswer =
  | { kind: 'vectors'; vectors: FeatureVectors }
  /** The store lost its data or is new and is being rebuilt from the log. */
  | { kind: 'not_ready' }
  /** It could not be asked in time. */
  | { kind: 'unavailable'; cause: unknown }

export interface FeatureReader {
  readonly featureSet: FeatureSet
  /** One round trip to the store, whatever the number of requests. Never rejects for an outage. */
  read(requests: readonly FeatureRequest[]): Promise<FeatureAnswer>
  /** Whether the store answers, and every partition of features is there. */
  check(): Promise<Check>
}
