import { compileFeatureSet, type Fence, isReady, partitionTag } from '#feature-store'
import type { OwnFeed } from '../testing/own-feed.ts'

const TOPIC_OF = {
  user: 'interactions',
  item: 'itemInteractions',
  userAttributes: 'users',
  itemAttributes: 'items',
} as const

export type FencedEntity = keyof typeof TOPIC_OF

/** The fences of one entity's topic, by partition. */
export async function fencesOf(
  { runtime, store, config }: OwnFeed,
  entity: FencedEntity,
): Promise<(Fence | null)[]> {
  const topic = TOPIC_OF[entity]
  const layoutId = compileFeatureSet(config.features).layouts[entity].id
  const tags = Array.from({ length: runtime.partitionCount(topic) }, (_, partition) =>
    partitionTag(runtime.topicName(topic), partition, layoutId),
  )
  return (await store.read({ fences: tags, blobs: [] })).fences
}

/**
 * Whether every fence of an entity stands at the end of its partition. The offsets that groups have committed say
 * nothing here: a store that lost its data leaves them where they were.
 */
export async function isAtEnd(feed: OwnFeed, entity: FencedEntity): Promise<boolean> {
  const topic = TOPIC_OF[entity]
  const fences = await fencesOf(feed, entity)
  for (const [partition, fence] of fences.entries()) {
    const { startOffset, endOffset } = await feed.runtime.offsets(topic, partition)
    if (endOffset > startOffset && !(isReady(fence) && fence.nextOffset >= endOffset)) return false
  }
  return true
}

/** Resolves when the store holds everything that is in the log, in this order: users' interactions become copies. */
export async function storeAtEnd(feed: OwnFeed): Promise<void> {
  for (const entity of ['userAttributes', 'itemAttributes', 'user', 'item'] as const)
    await feed.until(
      `the fences of ${entity} to reach the end`,
      () => isAtEnd(feed, entity).catch(() => false), // Redis may still be on its way back
    )
}
