/** Records of what is not used, or no longer: too late, unusable, erased. See records.ts. */

import type { Interaction } from './records.ts'

/** An interaction that came too late to be folded into features. Key: userId. */
export interface LateInteraction extends Interaction {
  /** Where it lies in the interactions topic. */
  sourcePartition: number
  sourceOffset: number
  /** Newest event time of its partition then. */
  newestAtMs: number
}

/** A record that could not be used, with its original bytes. Key: source topic. */
export interface DeadLetter {
  topic: string
  partition: number
  offset: number
  /** Stable code, e.g. undecodable, unknown_schema, far_future. */
  reason: string
  detail: string
  /** The consumer group (stage) that gave it up. */
  stage: string
  key: Buffer | null
  value: Buffer | null
  /** Wall clock. */
  diedAtMs: number
}

/** Up to where an erasure holds in one partition of a physical topic. */
export interface ErasedUpTo {
  topic: string
  partition: number
  /** First offset that it leaves alone: what comes from there on counts anew. */
  offset: number
}

/** Somebody asked, by the wall clock, that a user or an item be forgotten: what every topic holds of it. Key: entity + '/' + id. */
export interface Erasure {
  entity: string
  id: string
  erasureId: string
  askedBy: string
  askedAtMs: number
  upTo: ErasedUpTo[]
}
