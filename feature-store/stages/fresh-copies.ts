import type { CopyDetail, InteractionCopy, ItemInteractions } from '#schemas'

export interface FreshItem {
  itemId: string
  /** Of the bundle, in the item's own partition. */
  offset: number
  types: readonly string[]
  copies: readonly InteractionCopy[]
  /** By source offset; undefined: the bundle has none. */
  details: ReadonlyMap<number, CopyDetail> | undefined
  /** A tombstone of the item: it has no copies. */
  isErased?: true
}

const NOTHING = { types: [], copies: [], details: undefined } as const

/**
 * Takes from bundles what was not applied before: copies above the highest source offset of their source partition.
 * Moves `sourceHighs` past each bundle, in place. A tombstone is keyed by its item.
 */
export function freshCopies(
  bundles: readonly { value: ItemInteractions | null; offset: number; key?: Buffer | null }[],
  sourceHighs: Map<number, number>,
): { items: FreshItem[]; dropped: number } {
  const items: FreshItem[] = []
  let dropped = 0
  for (const { value, offset, key } of bundles) {
    if (value === null) {
      items.push({ itemId: key!.toString('utf8'), offset, ...NOTHING, isErased: true })
      continue
    }
    const { sourcePartition, types } = value
    const high = sourceHighs.get(sourcePartition) ?? -1
    let newest = high
    const details = bySourceOffset(value.details)
    for (const { itemId, copies } of value.items) {
      const first = firstAbove(copies, high)
      dropped += first
      if (first === copies.length) continue
      newest = Math.max(newest, copies.at(-1)!.sourceOffset)
      items.push({ itemId, offset, types, copies: first === 0 ? copies : copies.slice(first), details })
    }
    sourceHighs.set(sourcePartition, newest)
  }
  return { items, dropped }
}

function bySourceOffset(details: readonly CopyDetail[]): ReadonlyMap<number, CopyDetail> | undefined {
  return details.length === 0
    ? undefined
    : new Map(details.map((detail) => [detail.sourceOffset, detail] as const))
}

/** Copies are in source order. */
function firstAbove(copies: readonly InteractionCopy[], high: number): number {
  let first = 0
  while (first < copies.length && copies[first]!.sourceOffset <= high) first++
  return first
}
