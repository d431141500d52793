import { createLiveWait, type LiveWait } from './live-wait.ts'

/** Lets live interactions go first: says when a replay stands still. */
export interface Yielding {
  /** See LiveWait. Whether the replay reads nothing until the next look. */
  isHeld(seen: Parameters<LiveWait['look']>[0]): boolean
}

/** A live service that takes nothing for so long is not there: it has nothing that could be disturbed. */
const LIVE_SILENT_MS_MAX = 10_000

/**
 * Backpressure from what matters: the replay holds while interactions wait longer for the live service than `aboveMs`, and goes on
 * when they do not. Beside a live service that keeps up nothing is held.
 */
export function createYielding(aboveMs: number): Yielding {
  const wait = createLiveWait()
  let taken = 0
  let movedAtMs = -Infinity

  return {
    isHeld(seen) {
      const sum = seen.taken.reduce((total: number, offset) => total + (offset ?? 0), 0)
      if (sum !== taken) movedAtMs = seen.atMs
      taken = sum
      return wait.look(seen) > aboveMs && seen.atMs - movedAtMs <= LIVE_SILENT_MS_MAX
    },
  }
}
