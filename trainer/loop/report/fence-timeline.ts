/** When the store's fence was seen past which offset, per partition. */
export interface FenceTimeline {
  /** The fence stood at `nextOffset` at this wall time. Times must not go back. */
  seen(partition: number, nextOffset: number, wallMs: number): void
  /** First time at which the record at this offset was known to be in the store; undefined: never seen. */
  passedAtMs(partition: number, offset: number): number | undefined
}

/** Moves kept per partition; a longer run keeps the latest. */
const MOVES_MAX = 200_000

/** A record counts as visible when the fence was first seen past it: never earlier than it really was. */
export function createFenceTimeline(): FenceTimeline {
  const moves = new Map<number, { nextOffset: number; wallMs: number }[]>()
  return {
    seen(partition, nextOffset, wallMs) {
      const known = moves.get(partition) ?? []
      moves.set(partition, known)
      if ((known.at(-1)?.nextOffset ?? -1) >= nextOffset) return
      known.push({ nextOffset, wallMs })
      if (known.length > MOVES_MAX) known.splice(0, MOVES_MAX / 2)
    },
    passedAtMs(partition, offset) {
      const known = moves.get(partition) ?? []
      let [low, high] = [0, known.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if (known[middle]!.nextOffset > offset) high = middle
        else low = middle + 1
      }
      // The fence may have passed it long before the first look: nothing can be said.
      return low === 0 && known.length > 0 && known[0]!.nextOffset > offset + 1
        ? undefined
        : known[low]?.wallMs
    },
  }
}
