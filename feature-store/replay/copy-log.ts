import type { ItemInteractions } from '#schemas'
import { freshCopies } from '../stages/fresh-copies.ts'
import type { StateLayout } from '../state/layout.ts'
import type { Activity } from '../state/activity.ts'
import { createEntityHistory, type EntityHistory } from './entity-history.ts'
import { entryOf } from './entry-of.ts'

/** The item side: re-keyed copies, each once, in the histories of their items. */
export interface CopyLog {
  readonly items: ReadonlyMap<string, EntityHistory>
  /** `duplicate`: all of its copies were there before. */
  add(bundle: ItemInteractions, partition: number, offset: number): 'folded' | 'duplicate'
  counts(): { copies: number; copyDuplicates: number }
}

/** @param activityOf of a partition of items */
export function createCopyLog(layout: StateLayout, activityOf: (partition: number) => Activity): CopyLog {
  const items = new Map<string, EntityHistory>()
  /** Highest source offset per source partition, by item partition. */
  const highs = new Map<number, Map<number, number>>()
  const counted = { copies: 0, copyDuplicates: 0 }
  return {
    items,
    add(value, partition, offset) {
      const known = entryOf(highs, partition, () => new Map<number, number>())
      const activity = activityOf(partition)
      const { items: fresh, dropped } = freshCopies([{ value, offset }], known)
      counted.copyDuplicates += dropped
      for (const { itemId, types, offset, copies, details } of fresh) {
        counted.copies += copies.length
        const history = entryOf(items, itemId, () => createEntityHistory(layout, () => undefined))
        for (const { typeIndex, occurredAtMs, sourceOffset } of copies) {
          const told = details?.get(sourceOffset)
          history.add({ type: types[typeIndex]!, itemId, occurredAtMs, offset, details: told }, activity)
        }
      }
      return fresh.length === 0 && dropped > 0 ? 'duplicate' : 'folded'
    },
    counts: () => ({ ...counted }),
  }
}
