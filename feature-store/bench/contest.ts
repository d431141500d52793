import type { Addresses } from '#streams'

/** What a contestant process is told, as JSON in its first argument. */
export interface Task extends Addresses {
  /** Topic and key prefix. */
  prefix: string
  topic: string
  /** How many interactions the topic holds: the run is over when all are applied, for users and for items. */
  interactions: number
}

/** ... and feedloop's. */
export interface FeedloopTask extends Task {
  /** Every fenced write is noted there (WriteNotes). */
  writesFile?: string
  /** "history applied" is written when so many are. */
  history?: number
  /** "all applied" is written at the end, and the process goes on until it is told to stop. */
  stays?: boolean
  /** A CPU profile goes there (ProfileFile). */
  profileFile?: string
  /** `features.deduplicate.window`, instead of its default. */
  deduplicateWindow?: number
}

/** What a contestant process says of its run, as one line of JSON. */
export interface Outcome {
  /** From the first record it got until the last one was applied. */
  eventsPerSecond: number
  /** CPU time of its process in that time, user and system. */
  cpuSecondsPerMillion: number
  rssMiB: number
}

export const OUTCOME_PREFIX = 'outcome '

export interface Stopwatch {
  /** The first record is here; further calls do nothing. */
  start(): void
  /** The last one is applied. */
  outcome(interactions: number): Outcome
}

/** JSON of what kafkajs is told, for who has no feedloop. Of the environment: arguments of a process everybody sees. */
export const KAFKA_SETTINGS_VARIABLE = 'FEEDLOOP_BENCH_KAFKA_SETTINGS'
