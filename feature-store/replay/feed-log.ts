import type { Interaction } from '#schemas'
import { feedTimeMs } from '../state/feed-rates.ts'
import type { StateLayout } from '../state/layout.ts'
import { createEntityHistory, type EntityHistory } from './entity-history.ts'
import { entryOf } from './entry-of.ts'

/** What happened in each partition of interactions, to whomever; nothing is kept when no feature asks for it. */
export interface FeedLog {
  /** By the partition's number. */
  readonly partitions: ReadonlyMap<string, EntityHistory>
  add(interaction: Interaction, partition: number, offset: number): void
}

export function createFeedLog(layout: StateLayout | null): FeedLog {
  const partitions = new Map<string, EntityHistory>()
  return {
    partitions,
    add({ type, itemId, occurredAtMs }, partition, offset) {
      if (layout === null) return
      const history = entryOf(partitions, String(partition), () =>
        createEntityHistory(layout, () => undefined),
      )
      history.add({ type, itemId, occurredAtMs: feedTimeMs(occurredAtMs), offset })
    },
  }
}
