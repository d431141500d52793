import type { TopicKey } from '#schemas'
import type { Runtime } from '#streams'
import type { FeatureRequest } from './contract.ts'
import type { CompiledFeatureSet } from './feature-set.ts'
import { FEED_ID } from './state/feed-rates.ts'
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
  /** Among the blobs, what each partition of interactions keeps of all its users; none when no feature asks. */
  readonly feed: readonly number[]
  item(itemId: string): EntitySource
}

/** Every partition of what vectors are made of, by its tag. */
export function partitionTags(runtime: Runtime, { layouts, reads }: CompiledFeatureSet): string[] {
  const topics: [TopicKey, layoutId: string][] = [
    ['interactions', layouts.user.id],
    ['itemInteractions', layouts.item.id],
    ...(reads.userAttributes ? [['users', layouts.userAttributes.id] as [TopicKey, string]] : []),
    ...(reads.itemAttributes ? [['items', layouts.itemAttributes.id] as [TopicKey, string]] : []),
  ]
  return topics.flatMap(([topic, layoutId]) => tagsOf(runtime, topic, layoutId))
}

function tagsOf(runtime: Runtime, topic: TopicKey, layoutId: string): string[] {
  const name = runtime.topicName(topic)
  return Array.from({ length: runtime.partitionCount(topic) }, (_, p) => partitionTag(name, p, layoutId))
}

/** Plans the read of a micro-batch: the fences of every partition it touches, states and attributes. */
export function createReadPlan(
  runtime: Runtime,
  { layouts, reads }: CompiledFeatureSet,
): (requests: readonly FeatureRequest[]) => ReadPlan {
  const tagOf = (topic: TopicKey, layoutId: string) => {
    const tags = tagsOf(runtime, topic, layoutId)
    return (id: string) => tags[runtime.partitionOf(topic, id)]!
  }
  const userTag = tagOf('interactions', layouts.user.id)
  const itemTag = tagOf('itemInteractions', layouts.item.id)
  const userAttributesTag = tagOf('users', layouts.userAttributes.id)
  const itemAttributesTag = tagOf('items', layouts.itemAttributes.id)

  const feedTags = layouts.feed === null ? [] : tagsOf(runtime, 'interactions', layouts.user.id)

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
    const feed = feedTags.map((tag) => blobs.push({ tag, id: FEED_ID }) - 1)
    return {
      fences,
      blobs,
      user: (userId) => users.get(userId)!,
      item: (itemId) => items.get(itemId)!,
      feed,
    }
  }
}
