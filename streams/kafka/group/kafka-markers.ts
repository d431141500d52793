import { randomUUID } from 'node:crypto'
import type { Consumer } from 'kafkajs'
import type { TopicKey } from '#schemas'
import { type CrashWatch, type CrashWatchEnd, watchPartition } from '../../crash-watch.ts'
import type { StreamsLimits } from '../../config.ts'
import type { CommitOffsets, Commits } from './kafka-commits.ts'
import type { StartPoint } from './kafka-start-offsets.ts'

/** The crash watches of the partitions that a member has open, and the commits they speak through. */
export interface Markers<K extends TopicKey> {
  open(point: StartPoint<K>): void
  of(topic: string, partition: number): CrashWatch<K> | undefined
  /** Takes back what the commits say of open partitions, but for what the stage died of. */
  close(end: CrashWatchEnd): Promise<boolean>
  /** The partitions are no longer ours. */
  forget(): void
}

export function createMarkers<K extends TopicKey>(
  limits: StreamsLimits,
  commits: Commits,
  consumer: Pick<Consumer, 'commitOffsets'>,
): Markers<K> {
  const watches = new Map<string, { topic: string; partition: number; watch: CrashWatch<K> }>()
  const by = randomUUID().slice(0, 8)
  const commitOffsets: CommitOffsets = ({ topics }) =>
    consumer.commitOffsets(
      topics.flatMap(({ topic, partitions }) => partitions.map((entry) => ({ topic, ...entry }))),
    )
  return {
    open({ topicName: topic, partition, offset, aheadOfGroup, commit, metadata, identity }) {
      commits.identified(topic, identity)
      const watch = watchPartition<K>({ metadata, position: offset, commit, by }, limits)
      watches.set(`${topic}/${partition}`, { topic, partition, watch })
      // A partition that rests brings no batch to be committed with: its lag would stay for ever.
      if (aheadOfGroup) commits.note({ topic, partition, offset, metadata: watch.marker() }, commitOffsets)
    },
    of: (topic, partition) => watches.get(`${topic}/${partition}`)?.watch,
    close(end) {
      for (const { topic, partition, watch } of watches.values()) {
        const metadata = watch.closing(end)
        if (metadata === null) continue
        commits.note({ topic, partition, offset: watch.commitOffset(), metadata }, commitOffsets)
      }
      return commits.flush()
    },
    forget: () => watches.clear(),
  }
}
