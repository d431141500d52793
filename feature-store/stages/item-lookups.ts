import type { Runtime } from '#streams'
import { decodeAttributes } from '../attributes/attributes-blob.ts'
import { fixedValuesAt, type AttributeValue } from '../attributes/attributes-state.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { createLru } from '../lru.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import { mapKeyOf, type StateLayout } from '../state/layout.ts'
import { partitionTag, type StateStore } from '../state-store.ts'

/** What folds look up of an item: how it was at first sight. Never changes, so it may be cached. */
export interface FirstSight {
  firstAtMs: number
  firstValues: AttributeValue[]
}

/** Answers lookups of the items it was loaded for. */
export interface LoadedItems {
  /** Per lookup of the user layout, the key to count under at this event time; null unknown. */
  keysAt(itemId: string, occurredAtMs: number): (string | null)[]
}

export interface ItemLookups {
  /**
   * Looks these items up. `put_off`: some are unknown and the item attributes have not been applied up to what
   * the items topic held when we asked; try again.
   *
   * So a feed that acknowledges an item's record before it sends the first interaction with it can count on
   * the lookup, in a live run as in a replay.
   */
  load(itemIds: ReadonlySet<string>): Promise<LoadedItems | 'put_off'>
}

/** What folds are given of first sights; live folds and replays share it. */
export function lookupKeys(
  featureSet: CompiledFeatureSet,
): (first: FirstSight | null, occurredAtMs: number) => (string | null)[] {
  const { user, itemAttributes }: { user: StateLayout; itemAttributes: { fixed: readonly string[] } } =
    featureSet.layouts
  const places = user.lookups.map(({ attribute }) => itemAttributes.fixed.indexOf(attribute))
  const nothing = user.lookups.map(() => null)
  return (first, occurredAtMs) => {
    const values = fixedValuesAt(first, occurredAtMs)
    return values === null ? nothing : user.lookups.map((lookup, n) => mapKeyOf(lookup, values[places[n]!]))
  }
}

/** One store read for all items that are not among the last `lookupsCachedMax` found. */
export function createItemLookups(parts: {
  runtime: Runtime
  store: StateStore
  featureSet: CompiledFeatureSet
}): ItemLookups {
  const { runtime, store, featureSet } = parts
  const { itemAttributes } = featureSet.layouts
  const { lookupsCachedMax, lookupWaitMs, lookupStallSecondsMax } = featureSet.config.limits
  const cached = createLru<string, FirstSight>(lookupsCachedMax)
  const keysOf = lookupKeys(featureSet)
  /** Per items partition, where its fence stands since when. */
  const stalled = new Map<number, { position: number; sinceMs: number }>()

  const partitionOf = (itemId: string) => runtime.partitionOf('items', itemId)
  const tags = Array.from({ length: runtime.partitionCount('items') }, (_, partition) =>
    partitionTag(runtime.topicName('items'), partition, itemAttributes.id),
  )
  const tagOf = (partition: number) => tags[partition]!

  async function readInto(found: Map<string, FirstSight>, itemIds: readonly string[]): Promise<string[]> {
    const { blobs } = await store.read({
      fences: [],
      blobs: itemIds.map((id) => ({ tag: tagOf(partitionOf(id)), id })),
    })
    return itemIds.filter((id, index) => {
      const blob = blobs[index]
      if (!blob) return true
      const { firstAtMs, firstValues } = decodeAttributes(itemAttributes, blob)
      const first = { firstAtMs, firstValues }
      found.set(id, first)
      cached.set(id, first)
      return false
    })
  }

  /** Whether the attributes are applied up to the topic's end as it is now. Waits a moment for it. */
  async function caughtUp(partition: number): Promise<boolean> {
    const { startOffset, endOffset } = await runtime.offsets('items', partition)
    if (startOffset === endOffset || (await store.waitUntil(tagOf(partition), endOffset, lookupWaitMs))) {
      stalled.delete(partition)
      return true
    }
    const position = (await store.read({ fences: [tagOf(partition)], blobs: [] })).fences[0]?.nextOffset ?? -1
    const nowMs = runtime.clock.nowMs()
    const before = stalled.get(partition)
    if (before?.position !== position) stalled.set(partition, { position, sinceMs: nowMs })
    else if (nowMs - before.sinceMs >= lookupStallSecondsMax * 1_000)
      return giveUp(partition, position, endOffset)
    return false
  }

  function giveUp(partition: number, position: number, endOffset: number): true {
    runtime.signals.count(SIGNALS.lookupsGivenUp)
    const fields = { partition, position, endOffset }
    runtime.log.warn(fields, LOG_EVENTS.lookupsGivenUp)
    return true
  }

  return {
    async load(itemIds) {
      const found = new Map<string, FirstSight>()
      const asked: string[] = []
      for (const id of itemIds) {
        const known = cached.get(id)
        if (known === undefined) asked.push(id)
        else found.set(id, known)
      }
      const unknown = asked.length === 0 ? [] : await readInto(found, asked)
      if (unknown.length > 0) {
        const partitions = [...new Set(unknown.map(partitionOf))]
        const reached = await Promise.all(partitions.map(caughtUp))
        if (!reached.every(Boolean)) return 'put_off'
        await readInto(found, unknown)
      }
      return { keysAt: (itemId, occurredAtMs) => keysOf(found.get(itemId) ?? null, occurredAtMs) }
    },
  }
}
