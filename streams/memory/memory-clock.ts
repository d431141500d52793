import type { Clock } from '../stage.ts'

/** A clock that moves when it is told to. */
export interface MemoryClock extends Clock {
  advance(ms: number): void
  /** Never back. */
  advanceTo(atMs: number): void
}

export function createMemoryClock(startMs: number): MemoryClock {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    advance: (ms) => void (nowMs += ms),
    advanceTo: (atMs) => void (nowMs = Math.max(nowMs, atMs)),
  }
}
