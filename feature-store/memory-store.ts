import { decideApply, fenceOfOther, wentBack, type ApplyAnswer, type Fence, type HeldFence } from './fence.ts'
import { createMemoryStates, type MemoryStates, type MemoryStoreBounds } from './memory-states.ts'
import type {
  ApplyRequest,
  FreshPartition,
  StateKey,
  StateStore,
  StoreReading,
  WhyLost,
} from './state-store.ts'

export interface MemoryStoreOptions {
  /** What is not named: MEMORY_STORE_BOUNDS. Past them `apply` rejects with StoreFullError. */
  bounds?: Partial<MemoryStoreBounds>
}

/** In memory, under the same rules as Redis. */
export const createMemoryStore = ({ bounds }: MemoryStoreOptions = {}): StateStore =>
  memoryStoreOn(createMemoryStates(bounds))

/** The store that keeps its states there. */
export function memoryStoreOn(states: MemoryStates): StateStore {
  let storesBegun = 0
  const identities = new Map<string, string>()

  /** The rule of lua/acquire.lua. */
  function heldFence(tag: string, topic: FreshPartition['topic']): Fence | null {
    const [known, was] = [states.fenceOf(tag), identities.get(tag)]
    if (topic) identities.set(tag, topic.text)
    if (known === null || !topic || was === undefined || was === topic.text) return known
    if (topic.whenChanged === 'rebuild') return null
    if (topic.whenChanged === 'keep') return { ...known, sourceHighs: new Map() }
    identities.set(tag, was)
    throw fenceOfOther(tag, was, topic.text)
  }
  return {
    async acquire(tag: string, fresh: FreshPartition): Promise<Fence> {
      const { startOffset, rebuildUntilOffset, topic, sourceHighs = new Map() } = fresh
      const known = heldFence(tag, topic)
      if (known !== null) return states.keepFence(tag, { ...known, epoch: known.epoch + 1 })
      return states.keepFence(tag, {
        storeId: `memory${String(++storesBegun)}`,
        epoch: 1,
        nextOffset: startOffset,
        rebuildUntilOffset,
        streamTimeMs: -1,
        appliedAtMs: -1,
        sourceHighs,
      })
    },
    async apply(request: ApplyRequest): Promise<ApplyAnswer> {
      return write(states, request)
    },
    async activity(tag: string): Promise<Buffer | null> {
      return states.activityOf(tag)
    },
    async read(wanted: { fences: readonly string[]; blobs: readonly StateKey[] }): Promise<StoreReading> {
      return { fences: wanted.fences.map(states.fenceOf), blobs: wanted.blobs.map(states.blobOf) }
    },
    async fences(tags: readonly string[]): Promise<(Fence | null)[]> {
      return tags.map(states.fenceOf)
    },
    async waitUntil(tag: string, offset: number): Promise<boolean> {
      return (states.fenceOf(tag)?.nextOffset ?? -1) >= offset
    },
    watch(heldFences: () => HeldFence[], lost: (tag: string, why: WhyLost) => void) {
      const stop = states.watch(() => {
        const gone = heldFences().find((fence) => wentBack(fence, states.fenceOf(fence.tag)))
        if (gone !== undefined && stop()) lost(gone.tag, 'went_back')
      })
      return () => void stop()
    },
    async *scan(tag: string) {
      for (const id of states.ids(tag)) {
        const blob = states.blobOf({ tag, id })
        if (blob !== null) yield { id, blob }
      }
    },
    async close() {},
  }
}

function write(states: MemoryStates, request: ApplyRequest): ApplyAnswer {
  const { tag, nextOffset, streamTimeMs, appliedAtMs, sourceHighs, activity } = request
  const fence = states.fenceOf(tag)
  const answer = decideApply(fence, request)
  if (answer.kind !== 'applied' || fence === null || fence.nextOffset !== request.expectedOffset)
    return answer
  states.write(request, fence.storeId)
  states.keepFence(tag, {
    ...fence,
    nextOffset,
    streamTimeMs: Math.max(fence.streamTimeMs, streamTimeMs),
    appliedAtMs,
    sourceHighs: sourceHighs.size === 0 ? fence.sourceHighs : sourceHighs,
    ...(activity !== undefined && activity.horizonMs >= 0 && { horizonMs: activity.horizonMs }),
  })
  return answer
}
