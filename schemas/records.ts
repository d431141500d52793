/**
 * The records that cross a process border, as TypeScript sees them. Their Avro schemas are in `avro/`, and
 * `schemas/records.test.ts` holds the two together. All times are milliseconds since 1970-01-01 UTC;
 * `...AtMs` fields are event time (the feed's own clock) unless they say otherwise.
 */

import type { DeadLetter, Erasure, LateInteraction } from './left-out-records.ts'

/** What a user did. Key: userId. With a requestId it is an outcome too. */
export interface Interaction {
  /** Unique per interaction; given by the feed. */
  interactionId: string
  userId: string
  itemId: string
  /** view, click, like, ...: the types are declared in the feed's configuration. */
  type: string
  occurredAtMs: number
  /** The rank request this came from, when it came from one. */
  requestId: string | null
  /** 0-based rank at which the item was shown. */
  position: number | null
  /** Dwell seconds, rating, ...: what the type means by it. */
  value: number | null
}

/**
 * Re-keyed copies of interactions that followed each other in one partition, for the items of one partition. Key:
 * sourcePartition. Carries where they came from, so that a retry can be dropped.
 */
export interface ItemInteractions {
  /** Partition of the interactions topic they were read from. */
  sourcePartition: number
  /** Interaction types; copies name them by position. */
  types: string[]
  items: CopiedItem[]
  /** What some of the copies carry beside their time, in source order; none where no feature of items takes it. */
  details: CopyDetail[]
}

export interface CopiedItem {
  itemId: string
  /** In source order. */
  copies: InteractionCopy[]
}

export interface InteractionCopy {
  /** Offset in the source partition. */
  sourceOffset: number
  /** Position in `types`. */
  typeIndex: number
  occurredAtMs: number
}

export interface CopyDetail {
  /** Of the copy. */
  sourceOffset: number
  /** Of the interaction. */
  value: number | null
  /** What the user had engaged with last, before it. */
  recentItems: RecentItems[]
}

export interface RecentItems {
  /** Which list of the user: hash of what it holds. */
  listHash: number
  /** Of item ids, newest first. */
  itemHashes: number[]
}

/** A static attribute: exactly one of text and number is set. */
export interface Attribute {
  name: string
  text: string | null
  number: number | null
}

/** Attributes of one user. Key: userId. A tombstone erases. */
export interface User {
  userId: string
  occurredAtMs: number
  attributes: Attribute[]
}

/** Attributes of one item. Key: itemId. A tombstone erases. */
export interface Item {
  itemId: string
  occurredAtMs: number
  attributes: Attribute[]
}

/** The feed asks for a ranking. Key: userId. */
export interface RankRequest {
  requestId: string
  userId: string
  occurredAtMs: number
  /** Item ids. */
  candidates: string[]
  /** Facts about this request alone (device, page, ...). */
  context: Attribute[]
}

/** One candidate of a prediction, best first. */
export interface RankedItem {
  itemId: string
  /** Calibrated probability of the objective label, 0..1; null when nothing could score it. */
  score: number | null
  /** 0-based final rank. */
  rank: number
  /** Probability with which the ranking policy put this item at this rank, 0..1. */
  propensity: number
  /** float32 little-endian, one per feature of the feature set; null past the first N. */
  vector: Buffer | null
  /** One byte per feature: bit 0 missing, bit 1 stale; null past the first N. */
  flags: Buffer | null
  /** Last item-interactions offset (in the item's own partition) that this item's state had seen, -1 none. */
  itemOffset: number
  /** null: nothing forbade a score. Otherwise `missing:<feature>` or `too_old:<feature>`: without it no candidate is scored. */
  unscoredReason: string | null
}

/** The single truth about an answer. Key: userId. */
export interface Prediction {
  /** Deterministic: the same request gives the same id, so a duplicate can be seen. */
  predictionId: string
  requestId: string
  userId: string
  /** Event time of the request: features are as of this moment. */
  occurredAtMs: number
  /** Wall clock of the scorer. */
  scoredAtMs: number
  /** Empty when no model answered. */
  modelId: string
  calibrationId: string
  featureSetId: string
  /** null: a model answered. Otherwise why the fallback did: no_model, store_unavailable, store_not_ready, model_error, deadline. */
  fallbackReason: string | null
  /** Where the request was read. */
  requestPartition: number
  requestOffset: number
  /** Last interactions offset (in the user's own partition) that the user's state had seen, -1 none. */
  userOffset: number
  context: Attribute[]
  ranking: RankedItem[]
  /** Per partition of interactions, the last offset that the feed's own rates had seen, -1 none; empty when no feature asks. */
  feedOffsets: number[]
}

/** What came of a shown item. Key: userId. */
export interface Outcome {
  outcomeId: string
  requestId: string
  userId: string
  itemId: string
  /** shown, click, like, dwell, hide, ... */
  type: string
  value: number | null
  occurredAtMs: number
  /** 0-based place at which the item was shown; null: nobody knows. */
  position: number | null
}

export interface Label {
  name: string
  value: number
}

/** A positive label, and who told it: interactions or outcomes. */
export interface ToldPositive {
  label: string
  source: string
}

/** A matured training example: the served vector and what came of it. Key: userId. */
export interface Example {
  /** predictionId + '/' + itemId; `%` and `/` in the predictionId escaped (`%25`, `%2F`). */
  exampleId: string
  predictionId: string
  requestId: string
  userId: string
  itemId: string
  modelId: string
  featureSetId: string
  fallbackReason: string | null
  occurredAtMs: number
  maturedAtMs: number
  rank: number
  propensity: number
  score: number | null
  vector: Buffer
  flags: Buffer
  labels: Label[]
  /** Which topics told the positive labels. */
  toldBy: ToldPositive[]
  /** Labels of which a source was silent then: their 0 says nothing. */
  labelsOut: string[]
  /** 0-based place at which it was shown, as its showing told; null: nobody told. */
  position: number | null
}

export const MODEL_STAGES = ['candidate', 'champion', 'retired', 'rejected'] as const
export type ModelStage = (typeof MODEL_STAGES)[number]

/** A model moved to another stage. Key: modelId. */
export interface ModelMove {
  modelId: string
  learner: string
  stage: ModelStage
  /** One sentence for people. */
  reason: string
  /** Wall clock. */
  movedAtMs: number
  /** Event time up to which examples had matured. */
  occurredAtMs: number
  /** JSON of ModelManifest (schemas/manifest.ts). */
  manifest: string
  /** A champion that an operator keeps: nothing replaces it by itself. */
  pinned: boolean
}

/** A piece of a model file. Key: modelId + '/' + index. */
export interface ModelArtifact {
  modelId: string
  index: number
  count: number
  /** Of the whole file, hex. */
  sha256: string
  bytes: Buffer
}

export const DRIFT_KINDS = ['concept', 'data', 'upstream', 'lag', 'none', 'skew'] as const
export type DriftKind = (typeof DRIFT_KINDS)[number]

/** A detector fired, or a cause was found instead. Key: monitor. */
export interface DriftEvent {
  monitor: string
  kind: DriftKind
  /** One sentence: what was seen and what is believed to be behind it. */
  cause: string
  detector: string
  /** The monitored value before and after, in the monitor's unit. */
  before: number
  after: number
  examples: number
  modelId: string
  /** Event time. */
  occurredAtMs: number
  /** Wall clock. */
  detectedAtMs: number
}

/** Which record type each topic of the catalogue carries. */
export interface RecordOf {
  interactions: Interaction
  itemInteractions: ItemInteractions
  users: User
  items: Item
  requests: RankRequest
  predictions: Prediction
  outcomes: Outcome
  examples: Example
  models: ModelMove
  modelArtifacts: ModelArtifact
  drift: DriftEvent
  late: LateInteraction
  deadLetters: DeadLetter
  erasures: Erasure
}

export type TopicKey = keyof RecordOf
