import { createHash } from 'node:crypto'
import { compileFeatureSet, partitionTag } from '#feature-store'
import type { FeedConfig } from '../../feed.ts'
import type { MemoryLoopRun } from '../memory-loop.ts'

/** One hash over every user and item state. */
export async function statesDigest({ runtime, store }: MemoryLoopRun, feed: FeedConfig): Promise<string> {
  const { layouts } = compileFeatureSet(feed.features)
  const hash = createHash('sha256')
  for (const [topic, { id: layoutId }] of [
    ['interactions', layouts.user],
    ['itemInteractions', layouts.item],
  ] as const) {
    for (let partition = 0; partition < runtime.partitionCount(topic); partition++) {
      const blobs: string[] = []
      for await (const { id, blob } of store.scan(
        partitionTag(runtime.topicName(topic), partition, layoutId),
      )) {
        blobs.push(`${id} ${blob.toString('hex')}`)
      }
      hash.update(blobs.sort().join('\n'))
    }
  }
  return hash.digest('hex')
}
