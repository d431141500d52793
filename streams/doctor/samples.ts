import type { RecordOf } from '#schemas'

/** The topics that feeds write. */
export const SAMPLED_TOPICS = ['users', 'items', 'interactions', 'requests', 'outcomes'] as const
export type SampledTopic = (typeof SAMPLED_TOPICS)[number]

/** A record of a feed as it lies in its topic. */
export interface Sample<K extends SampledTopic> {
  partition: number
  offset: number
  key: Buffer | null
  /** null: a tombstone. */
  value: RecordOf[K] | null
}

/** The newest records that could be read, by topic. */
export type Samples = { readonly [K in SampledTopic]: readonly Sample<K>[] }
