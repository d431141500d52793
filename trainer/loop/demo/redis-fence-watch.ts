import { partitionTag, type StateStore } from '#feature-store'
import { createFenceTimeline, type FenceTimeline } from '../report/index.ts'

export interface FenceWatch {
  readonly timeline: FenceTimeline
  stop(): Promise<void>
}

const POLL_MS = 20

/** Looks at the store's fences of the interactions topic every 20 ms: that is how fresh features can be seen to be. */
export function watchFences(
  store: StateStore,
  options: { topicName: string; partitions: number; layoutId: string },
): FenceWatch {
  const timeline = createFenceTimeline()
  const tags = Array.from({ length: options.partitions }, (_, partition) =>
    partitionTag(options.topicName, partition, options.layoutId),
  )
  let stopping = false

  async function look(): Promise<void> {
    while (!stopping) {
      const reading = await store.read({ fences: tags, blobs: [] }).catch(() => null) // an outage is a gap in the record
      const wallMs = Date.now()
      for (const [partition, fence] of (reading?.fences ?? []).entries()) {
        if (fence !== null) timeline.seen(partition, fence.nextOffset, wallMs)
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }
  const looking = look()
  return {
    timeline,
    async stop() {
      stopping = true
      await looking
    },
  }
}
