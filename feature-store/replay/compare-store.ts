import { BlobCorruptError } from '../errors.ts'
import { decodeState, lastHeardMs } from '../state/blob.ts'
import { FEED_ID } from '../state/feed-rates.ts'
import type { StateLayout } from '../state/layout.ts'
import { partitionTag, type StateStore } from '../state-store.ts'
import type { Replay, ReplayedEntity, ReplayedTopic } from './replay.ts'

export interface EntityComparison {
  /** Entities that the logs know. */
  entities: number
  /** Interactions the logs hold, and those the stored states have counted. Attributes: 0. */
  expected: number
  applied: number
  /** Expected and not applied, applied more often than expected; summed per entity. */
  lost: number
  duplicates: number
  /** Entities whose bytes differ, absent or unexpected ones included. */
  different: number
  firstDifference: { id: string; stored: string | null; replayed: string | null } | null
}

const TOPICS: Record<ReplayedEntity, ReplayedTopic> = {
  user: 'interactions',
  item: 'itemInteractions',
  feed: 'interactions',
  userAttributes: 'users',
  itemAttributes: 'items',
}

/**
 * Holds what the store has against what the logs say, byte for byte. The store must have applied everything:
 * stop what writes and wait for the stages' lag to be 0 first.
 */
export async function compareStore(
  replay: Replay,
  store: StateStore,
  partitionCount: (topic: ReplayedTopic) => number,
): Promise<Record<ReplayedEntity, EntityComparison>> {
  const compare = (entity: ReplayedEntity) =>
    compareEntity(replay, store, entity, partitionCount(TOPICS[entity]))
  return {
    user: await compare('user'),
    item: await compare('item'),
    feed: await compare('feed'),
    userAttributes: await compare('userAttributes'),
    itemAttributes: await compare('itemAttributes'),
  }
}

/** A blob that cannot be read has counted nothing; its bytes differ, too. */
function appliedIn(layout: StateLayout, blob: Buffer): number {
  try {
    return decodeState(layout, blob).applied
  } catch (error) {
    if (error instanceof BlobCorruptError) return 0
    throw error
  }
}

async function compareEntity(
  replay: Replay,
  store: StateStore,
  entity: ReplayedEntity,
  partitions: number,
): Promise<EntityComparison> {
  const { layouts } = replay.options.featureSet
  const comparison: EntityComparison = {
    entities: 0,
    expected: 0,
    applied: 0,
    lost: 0,
    duplicates: 0,
    different: 0,
    firstDifference: null,
  }
  const stored = await storedBlobs(replay, store, entity, partitions)
  for (const id of new Set([...replay.ids(entity), ...stored.keys()])) {
    const replayed = present(id, replay.blobOf(entity, id))
    const found = present(id, stored.get(id) ?? null)
    if (found === null && replayed === null) continue
    if (replayed !== null) comparison.entities++
    count(id, found)
    if (found !== null && replayed !== null ? found.equals(replayed) : found === replayed) continue
    comparison.different++
    comparison.firstDifference ??= {
      id,
      stored: found?.toString('hex') ?? null,
      replayed: replayed?.toString('hex') ?? null,
    }
  }
  return comparison

  /** Who made room is over, removed or not. */
  function present(id: string, blob: Buffer | null): Buffer | null {
    if (blob === null || (entity !== 'user' && entity !== 'item')) return blob
    const partition = replay.options.partitionOf(TOPICS[entity], id)
    return lastHeardMs(blob) < replay.horizonMs(entity, partition) ? null : blob
  }

  function count(id: string, found: Buffer | null): void {
    if (entity === 'userAttributes' || entity === 'itemAttributes') return
    const expected = replay.expectedApplied(entity, id)
    const layout = layouts[entity]
    const applied = found === null || layout === null ? 0 : appliedIn(layout, found)
    comparison.expected += expected
    comparison.applied += applied
    comparison.lost += Math.max(0, expected - applied)
    comparison.duplicates += Math.max(0, applied - expected)
  }
}

/** What the store holds of one kind of entity, by its id in the replay. */
async function storedBlobs(
  replay: Replay,
  store: StateStore,
  entity: ReplayedEntity,
  partitions: number,
): Promise<Map<string, Buffer>> {
  const { featureSet, topicName } = replay.options
  const { layouts } = featureSet
  const stored = new Map<string, Buffer>()
  if (entity === 'feed' && layouts.feed === null) return stored
  const { id: layoutId } = layouts[entity === 'feed' ? 'user' : entity]
  for (let partition = 0; partition < partitions; partition++) {
    const tag = partitionTag(topicName(TOPICS[entity]), partition, layoutId)
    for await (const { id, blob } of store.scan(tag)) {
      if (entity === 'feed' && id === FEED_ID) stored.set(String(partition), blob)
      else if (entity !== 'feed' && !(entity === 'user' && id === FEED_ID)) stored.set(id, blob)
    }
  }
  return stored
}
