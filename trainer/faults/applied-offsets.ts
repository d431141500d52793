import { compileFeatureSet, partitionTag } from '#feature-store'
import type { OwnFeed } from '../testing/own-feed.ts'

/** Where the fences of the user side stand, by partition; 0 where nobody has been. */
export async function appliedOffsets({ runtime, store, config }: OwnFeed): Promise<number[]> {
  const { user } = compileFeatureSet(config.features).layouts
  const tags = Array.from({ length: runtime.partitionCount('interactions') }, (_, partition) =>
    partitionTag(runtime.topicName('interactions'), partition, user.id),
  )
  const { fences } = await store.read({ fences: tags, blobs: [] })
  return fences.map((fence) => fence?.nextOffset ?? 0)
}

/** Interactions that the fences of the user side have passed. */
export const appliedCount = async (feed: OwnFeed): Promise<number> =>
  (await appliedOffsets(feed)).reduce((sum, offset) => sum + offset, 0)
