import type { Fence, HeldFence } from '../fence.ts'
import { createLru, type Lru } from '../lru.ts'
import type { Activity } from '../state/activity.ts'

/** A partition we own, as far as we know: the fence decides. */
export interface OwnedPartition<State> {
  readonly partition: number
  readonly tag: string
  storeId: string
  epoch: number
  /** First offset not applied. */
  position: number
  rebuildUntilOffset: number
  sourceHighs: Map<number, number>
  /** Newest event time applied, -1 none. */
  streamTimeMs: number
  /** When its entities were active; null: nobody has to make room. */
  readonly activity: Activity | null
  /** States as applied. */
  states: Lru<string, State>
  /** Slices folded so far. */
  slices: number
}

export function ownedFrom<State>(
  fence: Fence,
  partition: number,
  tag: string,
  { statesCachedMax, activity }: { statesCachedMax: number; activity: Activity | null },
): OwnedPartition<State> {
  return {
    partition,
    tag,
    storeId: fence.storeId,
    epoch: fence.epoch,
    position: fence.nextOffset,
    rebuildUntilOffset: fence.rebuildUntilOffset,
    sourceHighs: new Map(fence.sourceHighs),
    streamTimeMs: fence.streamTimeMs,
    activity,
    states: createLru(statesCachedMax),
    slices: 0,
  }
}

export const heldFence = ({ tag, storeId, position }: OwnedPartition<unknown>): HeldFence => ({
  tag,
  storeId,
  nextOffset: position,
})
