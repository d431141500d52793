import type { CompiledFeatureSet, FeatureStoreConfig } from '#feature-store'
import type { Prediction } from '#schemas'
import type { OpenModel } from '#scorer/model'
import type { TrainerConfig } from '../../config.ts'
import type { Fitter } from '../../learning/fitter.ts'
import type { TrainingExample } from '../../learning/training-example.ts'
import type { FeedLog } from '../datasets/index.ts'
import type { Stopwatch } from '../demo/index.ts'
import type { ChoiceColumns } from './choice-table.ts'
import type { Importance } from './importances.ts'
import type { RowColumns } from './row-table.ts'
import type { Gate, Going } from './serving.ts'
import type { SliceColumn } from './slices.ts'

/** A configuration to try. */
export interface TriedFeed {
  /** Tells its results from those of others; '' when it is the only one. */
  name: string
  features: FeatureStoreConfig
  trainer: TrainerConfig
  /** Of the interactions topic (kafka.partitions): the feed's own rates are sums over them. Left out: the usual number. */
  partitions?: number
}

export interface PlayOptions {
  log: FeedLog
  /** What is tried: features, labels, learners, promotion. */
  feed: Omit<TriedFeed, 'name'>
  /** null: once, when the first day that counts begins. */
  retrainEveryMs: number | null
  /**
   * Examples that are new since the last model, as a share of those in the window, before the next is made. Left out: one
   * is enough. A log of many years has days on which next to nothing was learned.
   */
  retrainGrowthMin?: number
  /** Event time that batch learners look back; Infinity: all of it. */
  windowMs: number
  /** Calendar days (UTC) of the log before the first that counts. */
  fromDay: number
  gates: readonly Gate[]
  openModel: OpenModel
  fitter: Fitter
  stopwatch: Pick<Stopwatch, 'nowMs'>
  signal: AbortSignal
  onProgress(progress: PlayProgress): void
  /** Each request with the vectors that were made for it. */
  onPrediction?(prediction: Prediction): void
  /** Each example when its label is known, and the row that it is of. */
  onExample?(row: number, example: TrainingExample): void
}

export interface PlayProgress {
  impressions: number
  occurredAtMs: number
  /** The fit that has got on, and how far, 0..1. */
  fit?: { learner: string; share: number }
}

/** Who scored, and every score in the order of the rows. */
export interface ScoreColumn {
  /** Of the learner or baseline. */
  name: string
  kind: 'learner' | 'baseline'
  gate: Gate
  /** NaN where nobody served. */
  scores: Float32Array
  /** Of what could have been shown instead (choice-table.ts); of baselines empty. */
  optionScores: Float32Array
}

/** A model that was made. */
export interface Retrain {
  /** Event time. */
  atMs: number
  examples: number
  /** Wall clock of making it, with the wait for a thread that is free. */
  seconds: number
  /** Name of the settings that the trainer chose; null: they were given. */
  settings: string | null
}

/** A model that was calibrated anew while it served. */
export interface Recalibration {
  /** Event time. */
  atMs: number
  /** Of calibration. */
  kind: string
}

/** What a learner did. */
export interface PlayedLearner {
  readonly name: string
  readonly retrains: readonly Retrain[]
  /** When which model went live. */
  readonly live: Readonly<Record<Gate, readonly Going[]>>
  readonly recalibrations: Readonly<Record<Gate, readonly Recalibration[]>>
  /** The last sentence of a fit that failed. */
  readonly failure: string | undefined
}

export interface Played {
  featureSet: CompiledFeatureSet
  rows: RowColumns
  choices: ChoiceColumns
  columns: ScoreColumn[]
  slices: SliceColumn[]
  /** Of each learner's last model, by its name. */
  importances: ReadonlyMap<string, readonly Importance[]>
  contenders: readonly PlayedLearner[]
  counts: PlayCounts
  /** Event time of the first and last request. */
  fromMs: number
  toMs: number
  close(): Promise<void>
}

/** Of records, what was left out. */
export interface PlayCounts {
  requests: number
  interactions: number
  refused: number
  repeated: number
  duplicateRequests: number
  shownLate: number
  /** Examples that fell out of a full training window. */
  crowdedOut: number
  /** Candidates that live would answer without a score, since a feature that asks for it is missing or too old. */
  unscored: number
}

export const DAY_MS = 86_400_000
export const dayOf = (atMs: number): number => Math.floor(atMs / DAY_MS)

/** Names of the baselines in reports. */
export const BASE_RATE = 'base rate'
export const ITEM_RATE = "item's rate"
export const PREVIOUS_CHAMPION = 'previous champion'
