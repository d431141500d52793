import type { ApplyAnswer } from '../fence.ts'
import type { ApplyRequest, FreshPartition, StateStore } from '../state-store.ts'

/**
 * The same store with the fence off, for tests that must show what it is there for: it writes whatever anybody
 * brings, answers "applied", remembers no source offsets, and begins where the consumer group committed.
 *
 * @param committedOffset of the partition that a tag names; null: none
 */
export function unfencedStore(
  store: StateStore,
  committedOffset: (tag: string) => Promise<number | null>,
): StateStore {
  async function acquire(tag: string, fresh: FreshPartition) {
    const fence = await store.acquire(tag, fresh)
    const nextOffset = (await committedOffset(tag)) ?? fresh.startOffset
    return { ...fence, nextOffset, sourceHighs: new Map<number, number>() }
  }

  async function apply(request: ApplyRequest): Promise<ApplyAnswer> {
    for (;;) {
      const [fence] = (await store.read({ fences: [request.tag], blobs: [] })).fences
      if (!fence) {
        await store.acquire(request.tag, { startOffset: 0, rebuildUntilOffset: 0 })
        continue
      }
      const { storeId, epoch, nextOffset } = fence
      const claim = { storeId, epoch, expectedOffset: nextOffset, sourceHighs: new Map<number, number>() }
      if ((await store.apply({ ...request, ...claim })).kind === 'applied') return { kind: 'applied' }
    }
  }

  return { ...store, acquire, apply, watch: () => () => undefined }
}
