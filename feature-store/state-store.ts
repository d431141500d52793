import type { TopicIdentity } from '#streams'
import { canonicalHash } from './canonical-hash.ts'
import type { ApplyAnswer, Fence, FenceClaim, HeldFence } from './fence.ts'

/** A blob's place: `tag` names a partition (see partitionTag), `id` a user or an item. */
export interface StateKey {
  tag: string
  id: string
}

/** A batch of a partition, to be written whole or not at all. */
export interface ApplyRequest extends FenceClaim {
  tag: string
  writes: readonly { id: string; blob: Buffer }[]
  deletes: readonly string[]
  /** Highest source offset applied per source partition; what is not named stays. */
  sourceHighs: ReadonlyMap<number, number>
  /** Newest event time seen, -1 none. */
  streamTimeMs: number
  /** Wall clock, for operators. */
  appliedAtMs: number
  /** When the partition's entities were active, with the horizon that follows from it (state/activity.ts); left out: nobody counts. */
  activity?: { blob: Buffer; horizonMs: number }
}

/** Where a partition begins when the store knows nothing of it. */
export interface FreshPartition {
  startOffset: number
  /** End offset of the log now: reads are not ready before it is reached. */
  rebuildUntilOffset: number
  /** Copies up to there count as applied; left out: none. */
  sourceHighs?: ReadonlyMap<number, number>
  /** The topic that the offsets speak of; left out or null: nobody can say. */
  topic?: TopicIdentity | null
}

export interface StoreReading {
  /** null: nobody ever owned the partition in this store. */
  fences: (Fence | null)[]
  blobs: (Buffer | null)[]
}

/** `went_back`: emptied, replaced or restored; `switched`: another namespace is served, and this store is on it now. */
export type WhyLost = 'went_back' | 'switched'

/**
 * States and offsets of one namespace. Redis in earnest, memory in tests; `stateStoreConformance` holds both.
 * Everything rejects with StoreUnavailableError when it cannot be asked in time.
 */
export interface StateStore {
  /**
   * Takes the partition over: a new epoch, so that every earlier owner is fenced. Creates the fence when there is none.
   *
   * @throws OperatorError `topic_changed` when the fence was made for another topic of this name
   */
  acquire(tag: string, fresh: FreshPartition): Promise<Fence>
  /** Writes states and offset together. Tries again for a while when the store does not answer. */
  apply(request: ApplyRequest): Promise<ApplyAnswer>
  /** What was last applied of the partition's activity; null: nothing, or it is of a store that lost data since. */
  activity(tag: string): Promise<Buffer | null>
  /** Fences and blobs in one round trip (per group of `readKeysMax`). */
  read(wanted: { fences: readonly string[]; blobs: readonly StateKey[] }): Promise<StoreReading>
  /** Fences alone, asked once: whether the store answers, and how far it is. */
  fences(tags: readonly string[]): Promise<(Fence | null)[]>
  /** Waits until the fence stands at `offset` or further; false when the time is over first. */
  waitUntil(tag: string, offset: number, waitMs: number): Promise<boolean>
  /**
   * Calls `lost` once when one of the held fences went back (see wentBack), which the owner of an idle partition
   * would not notice; or that its states are served from another namespace now. Answers how to stop watching.
   */
  watch(held: () => HeldFence[], lost: (tag: string, why: WhyLost) => void): () => void
  /** Every entity of a partition, in no order. For audits and tools. */
  scan(tag: string): AsyncIterable<{ id: string; blob: Buffer }>
  close(): Promise<void>
}

/**
 * Names a partition's keys: the braces are the Redis Cluster hash tag, so that one Lua call may touch all of
 * them. Another layout, or another version of the topic, is another set of keys: it starts from nothing and is
 * rebuilt from the log beside the old. Short, because every entity's key begins with it.
 */
export function partitionTag(topicName: string, partition: number, layoutId: string): string {
  const [version = '', name = ''] = topicName.split('.').reverse()
  return `{${name}.${String(partition)}}:${canonicalHash({ name, version, layoutId }).slice(0, STATES_ID_DIGITS)}`
}

/** Tells the few layouts of one feed apart; blobs carry the whole layout id. */
const STATES_ID_DIGITS = 8
