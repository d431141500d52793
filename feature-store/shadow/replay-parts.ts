import type { EarlierRecords, KafkaRuntime } from '#streams'
import type { FeatureStoreConfig } from '../config.ts'
import type { FeatureStoreOptions } from '../feature-store.ts'
import type { StateStore } from '../state-store.ts'
import type { LogRange } from './kafka-range.ts'
import type { ReplayProgress } from './progress.ts'
import type { Replays } from './redis-replays.ts'
import type { ReplayJob, ReplayTopic } from './replay-job.ts'

export interface ReplayParts {
  prefix: string
  job: ReplayJob
  replays: Replays
  /** On the replay's namespace. */
  store: StateStore
  runtime: KafkaRuntime
  range: LogRange
  /** As the live service has it. */
  features: Omit<FeatureStoreOptions, 'store' | 'config'> & { config: FeatureStoreConfig }
  /** What is read before a topic; left out: nothing. */
  earlierOf?(topic: ReplayTopic): EarlierRecords | null
  tell?(told: ToldProgress): void
}

export interface ToldProgress {
  job: ReplayJob
  progress: ReplayProgress
  interactionsPerSecond: number
  /** It stands still, since live interactions wait. */
  isHeld: boolean
}

/**
 * `done`: everything up to its end is there; `taken_over`: the live service, or another process, owns its states;
 * `cancelled`; `stopped`: this process was asked to stop.
 */
export type ReplayEnd = 'done' | 'taken_over' | 'cancelled' | 'stopped'
