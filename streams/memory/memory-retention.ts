import type { MemoryLog } from './memory-log.ts'

/**
 * `all`: a full topic refuses more. `unread`: it forgets first what every stage and follower of it has read; of a
 * compacted topic, what was overwritten since. A topic that nobody reads forgets nothing.
 */
export type Retained = 'all' | 'unread'

export interface RetentionParts {
  isCompacted(topic: string): boolean
  /** The first offset that somebody has still to read; null: nobody reads the topic. */
  firstUnread(topic: string, partition: number): number | null
}

/** Forgets what was read. */
export function forgetRead(log: MemoryLog, topic: string, parts: RetentionParts): void {
  for (const partition of log.topics.get(topic)!.keys()) {
    const before = parts.firstUnread(topic, partition)
    if (before === null) continue
    if (parts.isCompacted(topic)) log.compact(topic, partition, before)
    else log.forget(topic, partition, before)
  }
}
