import type { Interaction } from '#schemas'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { createLru } from '../lru.ts'
import { FEED_ID, feedTimeMs } from '../state/feed-rates.ts'
import { partitionTag } from '../state-store.ts'
import { createEntityTail, type EntityTail } from './entity-tail.ts'
import type { Adoption, PartitionStart } from './mirrored-side.ts'

/** What happened in each partition of interactions, to whomever; null: no feature asks for it. */
export interface MirroredFeed {
  add(interaction: Interaction, at: { partition: number; offset: number; brokerTimeMs: number }): void
  of(partition: number): EntityTail | undefined
  tails(): Iterable<EntityTail>
  adoptions(): Generator<Adoption>
}

/**
 * An interaction that came before is folded nowhere. Whether it did, the user's state knows, which is not kept here of all
 * users: ids of the last `entriesMax` interactions are. One told again later than that counts here once too often.
 */
export function createMirroredFeed(
  featureSet: CompiledFeatureSet,
  {
    entriesMax,
    partitions,
    topicName,
    startOf,
  }: {
    entriesMax: number
    partitions: number
    topicName(topic: 'interactions'): string
    startOf(topic: 'interactions', partition: number): PartitionStart
  },
): MirroredFeed | null {
  const { feed: layout, user } = featureSet.layouts
  if (layout === null) return null
  const parts = Array.from({ length: partitions }, (_, partition) => ({
    tail: createEntityTail(layout, startOf('interactions', partition).isWhole, { entriesMax }),
    ids: createLru<string, true>(entriesMax),
  }))
  return {
    add({ userId, interactionId, type, itemId, occurredAtMs }, { partition, offset, brokerTimeMs }) {
      const { tail, ids } = parts[partition]!
      const id = `${userId}\u0000${interactionId}`
      if (user.recentIdsMax > 0 && ids.get(id) === true) return
      ids.set(id, true)
      tail.add({ type, itemId, occurredAtMs: feedTimeMs(occurredAtMs), offset, brokerTimeMs })
    },
    of: (partition) => parts[partition]?.tail,
    tails: () => parts.map(({ tail }) => tail),
    *adoptions() {
      for (const [partition, { tail }] of parts.entries())
        if (!tail.hasBegun)
          yield {
            tag: partitionTag(topicName('interactions'), partition, user.id),
            id: FEED_ID,
            fromOffset: startOf('interactions', partition).offset,
            begin: (blob, nextOffset) => tail.begin(blob, nextOffset),
          }
    },
  }
}
