import { StoreFullError } from './errors.ts'
import { formatFence, parseFence, type Fence } from './fence.ts'
import type { ApplyRequest, StateKey } from './state-store.ts'

/** What a store in memory may hold, over all its partitions. */
export interface MemoryStoreBounds {
  entitiesMax: number
  /** Ids and states. */
  bytesMax: number
}

export const MEMORY_STORE_BOUNDS: MemoryStoreBounds = { entitiesMax: 5_000_000, bytesMax: 2 ** 31 }

/** A blob with the store it was written in: one from before the fence was born is no state. */
export interface StoredBlob {
  storeId: string
  blob: Buffer
}

export interface MemorySnapshot {
  /** By tag, as text. */
  fences: Map<string, string>
  /** By tag, then id. */
  blobs: Map<string, Map<string, StoredBlob>>
  /** By tag; left out: none. */
  activities?: Map<string, StoredBlob>
}

/** Fences and states as they lie in memory, and how much that is. */
export interface MemoryStates {
  fenceOf(tag: string): Fence | null
  keepFence(tag: string, fence: Fence): Fence
  blobOf(key: StateKey): Buffer | null
  activityOf(tag: string): Buffer | null
  ids(tag: string): Iterable<string>
  /** @throws StoreFullError before anything is changed */
  write(request: Pick<ApplyRequest, 'tag' | 'writes' | 'deletes' | 'activity'>, storeId: string): void
  snapshot(): MemorySnapshot
  /** All that was held is gone; this is held instead. */
  replace(next: MemorySnapshot): void
  /** Told after each replacement. */
  watch(look: () => void): () => boolean
}

export function createMemoryStates(bounds: Partial<MemoryStoreBounds> = {}): MemoryStates {
  const { entitiesMax, bytesMax } = { ...MEMORY_STORE_BOUNDS, ...bounds }
  const watchers = new Set<() => void>()
  let held: MemorySnapshot = { fences: new Map(), blobs: new Map() }
  let size = sizeOf(held)

  const fenceOf = (tag: string): Fence | null => {
    const text = held.fences.get(tag)
    return text === undefined ? null : parseFence(text)
  }

  return {
    fenceOf,
    keepFence(tag, fence) {
      held.fences.set(tag, formatFence(fence))
      return fence
    },
    blobOf({ tag, id }) {
      const found = held.blobs.get(tag)?.get(id)
      return found !== undefined && found.storeId === fenceOf(tag)?.storeId ? found.blob : null
    },
    activityOf(tag) {
      const found = held.activities?.get(tag)
      return found !== undefined && found.storeId === fenceOf(tag)?.storeId ? found.blob : null
    },
    ids: (tag) => held.blobs.get(tag)?.keys() ?? [],
    write({ tag, writes, deletes, activity }, storeId) {
      const blobs = held.blobs.get(tag) ?? new Map<string, StoredBlob>()
      const after = { ...size }
      const changed = new Map<string, Buffer | null>(writes.map(({ id, blob }) => [id, blob]))
      for (const id of deletes) changed.set(id, null)
      for (const [id, blob] of changed) {
        const before = blobs.get(id)
        after.entities += (blob === null ? 0 : 1) - (before === undefined ? 0 : 1)
        after.bytes += bytesOf(id, blob) - bytesOf(id, before?.blob ?? null)
      }
      if (after.entities > entitiesMax) throw new StoreFullError('entitiesMax', entitiesMax)
      if (after.bytes > bytesMax) throw new StoreFullError('bytesMax', bytesMax)
      size = after
      held.blobs.set(tag, blobs)
      for (const { id, blob } of writes) blobs.set(id, { storeId, blob: Buffer.from(blob) })
      for (const id of deletes) blobs.delete(id)
      if (activity === undefined) return
      const activities = (held.activities ??= new Map<string, StoredBlob>())
      activities.set(tag, { storeId, blob: Buffer.from(activity.blob) })
    },
    snapshot: () => copyOf(held),
    replace(next) {
      held = copyOf(next)
      size = sizeOf(held)
      for (const look of [...watchers]) look()
    },
    watch(look) {
      watchers.add(look)
      return () => watchers.delete(look)
    },
  }
}

const bytesOf = (id: string, blob: Buffer | null): number => (blob === null ? 0 : id.length + blob.length)

function sizeOf({ blobs }: MemorySnapshot): { entities: number; bytes: number } {
  const stored = [...blobs.values()].flatMap((byId) => [...byId])
  return {
    entities: stored.length,
    bytes: stored.reduce((sum, [id, { blob }]) => sum + bytesOf(id, blob), 0),
  }
}

function copyOf({ fences, blobs, activities = new Map() }: MemorySnapshot): MemorySnapshot {
  return {
    fences: new Map(fences),
    blobs: new Map([...blobs].map(([tag, byId]) => [tag, new Map(byId)])),
    activities: new Map(activities),
  }
}
