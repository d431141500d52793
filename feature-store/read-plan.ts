import type { TopicKey } from '#schemas'
import type { Runtime } from '#streams'
import type { FeatureRequest } from './contract.ts'
import type { CompiledFeatureSet } from './feature-set.ts'
import { partitionTag, type StateKey } from './state-store.ts'

/** Where an entity's values are in the answer of one read. */
export interface EntitySource {
  /** Among the fences, that of its state's partition. */
  fence: number
  /** Among the blobs. */
  blob: number
  /** Among the blobs; -1 when no feature needs attributes. */
  attributes: number
}

/** All keys of a micro-batch, each once. */
export interface ReadPlan {
  fences: string[]
  blobs: StateKey[]
  user(userId: string): EntitySource
  item(itemId: string): EntitySource
}

/** Plans the read of a micro-batch: the fences of every partition it touches, states and attributes. */
export function createReadPlan(
  runtime: Runtime,
  { layouts, reads }: CompiledFeatureSet,
): (requests: readonly FeatureRequest[]) => ReadPlan {
  const tagsOf = (topic: TopicKey, layoutId: string) => {
    const name = runtime.topicName(topic)
    const tags = Array.from({ length: runtime.partitionCount(topic) }, (_, p) =>
      partitionTag(name, p, layoutId),
    )
    return (id: string) => tags[runtime.partitionOf(topic, id)]!
  }
  const userTag = tagsOf('interactions', layouts.user.id)
  const itemTag = tagsOf('itemInteractions', layouts.item.id)
  const userAttributesTag = tagsOf('users', layouts.userAttributes.id)
  const itemAttributesTag = tagsOf('items', layouts.itemAttributes.id)

  return function planRead(requests) {
    const fences: string[] = []
    const fencePlaces = new Map<string, number>()
    const blobs: StateKey[] = []

    const fenceOf = (tag: string) => {
      let place = fencePlaces.get(tag)
      if (place === undefined) fencePlaces.set(tag, (place = fences.push(tag) - 1))
      return place
    }
    const sourceOf = (id: string, stateTag: string, attributesTag: string | null): EntitySource => {
      const source = { fence: fenceOf(stateTag), blob: blobs.push({ tag: stateTag, id }) - 1, attributes: -1 }
      if (attributesTag === null) return source
      fenceOf(attributesTag)
      return { ...source, attributes: blobs.push({ tag: attributesTag, id }) - 1 }
    }
    const users = new Map<string, EntitySource>()
    const items = new Map<string, EntitySource>()
    for (const { userId, itemIds } of requests) {
      if (!users.has(userId)) {
        users.set(
          userId,
          sourceOf(userId, userTag(userId), reads.userAttributes ? userAttributesTag(userId) : null),
        )
      }
      for (const itemId of itemIds) {
        if (items.has(itemId)) continue
        items.set(
          itemId,
          sourceOf(itemId, itemTag(itemId), reads.itemAttributes ? itemAttributesTag(itemId) : null),
        )
      }
    }
    return { fences, blobs, user: (userId) => users.get(userId)!, item: (itemId) => items.get(itemId)! }
  }
}
