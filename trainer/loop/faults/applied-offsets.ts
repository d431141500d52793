import { compileFeatureSet, partitionTag } from '#feature-store'
import type { OwnFeed } from '../testing/own-feed.ts'

const TOPIC_OF = { user: 'interactions', item: 'itemInteractions' } as const

/** Where the fences of one side stand, by partition; 0 where nobody has been. */
export async function appliedOffsets(
  { runtime, store, config }: OwnFeed,
  entity: 'user' | 'item' = 'user',
): Promise<number[]> {
  const layout = compileFeatureSet(config.features).layouts[entity]
  const topic = TOPIC_OF[entity]
  const tags = Array.from({ length: runtime.partitionCount(topic) }, (_, partition) =>
    partitionTag(runtime.topicName(topic), partition, layout.id),
  )
  const { fences } = await store.read({ fences: tags, blobs: [] })
  return fences.map((fence) => fence?.nextOffset ?? 0)
}

/** Interactions that the fences of the user side have passed. */
export const appliedCount = async (feed: OwnFeed): Promise<number> =>
  (await appliedOffsets(feed)).reduce((sum, offset) => sum + offset, 0)
