import type { Runtime } from '#streams'
import { createFenceWait, type FenceWaitParts, type FoldedTopic, type Place } from './fence-wait.ts'
import type { IngestWindow } from './ingest-window.ts'

/**
 * What the features of a request must hold of all that was told before it. `eventual`: what the loop has come to.
 * `read-your-writes`: everything of its own user. `strong`: everything.
 *
 * @see D. Terry et al. (1994), Session Guarantees for Weakly Consistent Replicated Data, PDIS.
 */
export type Consistency = (typeof CONSISTENCIES)[number]
export const CONSISTENCIES = ['eventual', 'read-your-writes', 'strong'] as const

/** When a request may be sent. */
export interface ReadConsistency {
  /** A record was told: those of a partition in the order in which they will be in the topic. */
  told(topic: ToldTopic, key: string): void
  /** Answers are missing whose outcomes must be told before a request of this user. */
  isOpen(userId: string): boolean
  /** Resolves when the states hold what a request of this user must find there; items are known at every level. */
  folded(userId: string): Promise<void>
  /** Resolves when the states hold the attributes of all items that were told. */
  itemsFolded(): Promise<void>
}

/** Of these the player is the only writer. */
type ToldTopic = Exclude<FoldedTopic, 'itemInteractions'>

export interface ReadConsistencyParts extends FenceWaitParts {
  consistency: Consistency
  runtime: FenceWaitParts['runtime'] & Pick<Runtime, 'partitionCount' | 'partitionOf' | 'offsets'>
  window: Pick<IngestWindow, 'size' | 'awaits'>
}

/** Memory: an offset for each user that was told of. */
export async function createReadConsistency(parts: ReadConsistencyParts): Promise<ReadConsistency> {
  const { consistency, runtime, window } = parts
  const fences = createFenceWait(parts)
  const ends = async (topic: FoldedTopic) =>
    Promise.all(
      Array.from({ length: runtime.partitionCount(topic) }, async (_, partition): Promise<Place> => {
        const { endOffset } = await runtime.offsets(topic, partition)
        return { topic, partition, nextOffset: endOffset }
      }),
    )
  const written = {
    users: await ends('users'),
    items: await ends('items'),
    interactions: await ends('interactions'),
  }
  /** Of each user, up to where it was told of. */
  const lastOf = { users: new Map<string, Place>(), interactions: new Map<string, Place>() }

  /** Copies for items are acknowledged before the fence of their interactions moves. */
  async function everything(): Promise<void> {
    await fences.reach([...written.users, ...written.interactions])
    await fences.reach(await ends('itemInteractions'))
  }

  async function ownOf(userId: string): Promise<void> {
    const places = [lastOf.users.get(userId), lastOf.interactions.get(userId)]
    await fences.reach(places.filter((place) => place !== undefined))
  }

  return {
    told(topic, key) {
      const place = written[topic][runtime.partitionOf(topic, key)]!
      place.nextOffset += 1
      if (topic !== 'items') lastOf[topic].set(key, { ...place })
    },
    isOpen(userId) {
      if (consistency === 'eventual') return false
      return consistency === 'strong' ? window.size > 0 : window.awaits(userId)
    },
    async folded(userId) {
      await fences.reach(written.items)
      if (consistency === 'strong') await everything()
      if (consistency === 'read-your-writes') await ownOf(userId)
    },
    itemsFolded: () => fences.reach(written.items),
  }
}
