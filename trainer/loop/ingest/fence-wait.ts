import { type CompiledFeatureSet, partitionTag, type StateStore } from '#feature-store'
import type { Runtime } from '#streams'

/** What features are folded from. */
export type FoldedTopic = 'users' | 'items' | 'interactions' | 'itemInteractions'

/** The states must hold a partition up to this offset. */
export interface Place {
  topic: FoldedTopic
  partition: number
  nextOffset: number
}

export interface FenceWaitParts {
  runtime: Pick<Runtime, 'topicName'>
  store: Pick<StateStore, 'fences'>
  featureSet: Pick<CompiledFeatureSet, 'layouts'>
  /** Resolves when all that was told is acknowledged. */
  flush: () => Promise<void>
  /** Before fences are read again. */
  rest: () => Promise<unknown>
  /** Nobody waits any more. */
  ended: () => boolean
}

/** Below every offset: no service has taken the partition over. */
const NOBODY_YET = -1

/** Waits for the fences of states. What was found once is not asked again. */
export function createFenceWait({ runtime, store, featureSet, flush, rest, ended }: FenceWaitParts) {
  const { layouts } = featureSet
  const layoutOf = {
    users: layouts.userAttributes,
    items: layouts.itemAttributes,
    interactions: layouts.user,
    itemInteractions: layouts.item,
  }
  const tagOf = ({ topic, partition }: Place) =>
    partitionTag(runtime.topicName(topic), partition, layoutOf[topic].id)
  /** By tag, how far the states were. */
  const found = new Map<string, number>()
  const isMissing = (place: Place) => place.nextOffset > (found.get(tagOf(place)) ?? NOBODY_YET)

  return {
    /** @throws StoreUnavailableError */
    async reach(places: readonly Place[]): Promise<void> {
      for (let missing = places.filter(isMissing); missing.length > 0 && !ended();) {
        await flush()
        const tags = missing.map(tagOf)
        for (const [at, fence] of (await store.fences(tags)).entries())
          found.set(tags[at]!, fence?.nextOffset ?? NOBODY_YET)
        missing = missing.filter(isMissing)
        if (missing.length > 0) await rest()
      }
    },
  }
}
