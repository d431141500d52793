import type { ItemInteractions } from '#schemas'
import { type Details, NO_DETAILS } from '../state/own-slot.ts'

/** A bundle and the partition of the item-interactions topic it belongs to. */
export interface CopyBundle {
  partition: number
  value: ItemInteractions
}

export interface CopyBundles {
  /** Copies an interaction, and what it carries; `sourceOffset` is above that of the one before. */
  add(itemId: string, type: string, occurredAtMs: number, sourceOffset: number, details?: Details): void
  /** What was added; bundles of one partition are in source order. */
  take(): CopyBundle[]
}

export interface CopyBundlesOptions {
  sourcePartition: number
  /** Of the item-interactions topic. */
  partitionOf(itemId: string): number
  /** A bundle is closed before it may get larger. */
  bundleBytesMax: number
}

/** An offset, a type index and a time, at their longest. */
const COPY_BYTES = 8 + 2 + 8
/** An offset, a branch, a value and the end of lists. */
const DETAIL_BYTES = 8 + 1 + 8 + 1
/** A list's id, block counts and end of block; a hash. */
const LIST_BYTES = 5 + 2 + 2
const HASH_BYTES = 5
/** Length, block count and end of block. */
const ITEM_BYTES = 10

const tellsSomething = ({ value, recentItems }: Details) => value !== null || recentItems.length > 0

function detailBytes(details: Details): number {
  if (!tellsSomething(details)) return 0
  return details.recentItems.reduce(
    (sum, { itemHashes }) => sum + LIST_BYTES + itemHashes.length * HASH_BYTES,
    DETAIL_BYTES,
  )
}

interface OpenBundle {
  value: ItemInteractions
  bytes: number
}

/** Where an item's copies go while its bundle is open. */
interface ItemPlace {
  bundle: OpenBundle
  partition: number
  copies: ItemInteractions['items'][number]['copies']
}

/** Groups the copies of a slice by the partition of their items, and there by item: a hot item's id travels once. */
export function createCopyBundles(options: CopyBundlesOptions): CopyBundles {
  const { sourcePartition, partitionOf, bundleBytesMax } = options
  let bundles: CopyBundle[] = []
  let open = new Map<number, OpenBundle>()
  let places = new Map<string, ItemPlace>()

  function bundleFor(partition: number, bytes: number): OpenBundle {
    const known = open.get(partition)
    if (known !== undefined && known.bytes + bytes <= bundleBytesMax) return known
    const value: ItemInteractions = { sourcePartition, types: [], items: [], details: [] }
    const bundle = { value, bytes: 0 }
    bundles.push({ partition, value })
    open.set(partition, bundle)
    return bundle
  }

  return {
    add(itemId, type, occurredAtMs, sourceOffset, details = NO_DETAILS) {
      let place = places.get(itemId)
      let bytes = COPY_BYTES + detailBytes(details)
      if (place === undefined || place.bundle.bytes + bytes > bundleBytesMax || isClosed(place)) {
        bytes += ITEM_BYTES + Buffer.byteLength(itemId)
        const partition = place?.partition ?? partitionOf(itemId)
        const bundle = bundleFor(partition, bytes)
        const item = { itemId, copies: [] }
        bundle.value.items.push(item)
        place = { bundle, partition, copies: item.copies }
        places.set(itemId, place)
      }
      const { value } = place.bundle
      let known = value.types.indexOf(type)
      if (known < 0) {
        known = value.types.push(type) - 1
        bytes += ITEM_BYTES + Buffer.byteLength(type)
      }
      place.copies.push({ sourceOffset, typeIndex: known, occurredAtMs })
      if (tellsSomething(details))
        value.details.push({ sourceOffset, value: details.value, recentItems: [...details.recentItems] })
      place.bundle.bytes += bytes
    },
    take() {
      const taken = bundles
      bundles = []
      open = new Map()
      places = new Map()
      return taken
    },
  }

  function isClosed({ bundle, partition }: ItemPlace): boolean {
    return open.get(partition) !== bundle
  }
}
