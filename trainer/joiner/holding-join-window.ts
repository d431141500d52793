import type { Prediction } from '#schemas'
import { createJoinWindow, type JoinVerdict, type JoinWindow, type JoinWindowOptions } from './join-window.ts'
import type { Matured } from './join-window.ts'
import type { SourceOffset } from './source-offset.ts'

/** A join window that holds the predictions themselves: for logs that one process plays, and as many as its heap takes. */
export interface HoldingJoinWindow extends Omit<JoinWindow, 'prediction' | 'due' | 'settle'> {
  prediction(prediction: Prediction, at: SourceOffset): JoinVerdict
  /** Takes out everything whose labels are final at this event time, in the order of maturing, then by id. */
  mature(streamTimeMs: number): Matured
}

export function createHoldingJoinWindow(options: Omit<JoinWindowOptions, 'release'>): HoldingJoinWindow {
  const held = new Map<number, Prediction>()
  let last = 0
  const window = createJoinWindow({ ...options, release: ({ chunk }) => void held.delete(chunk) })

  function hold(prediction: Prediction) {
    last += 1
    held.set(last, prediction)
    return { chunk: last, offset: 0, bytes: 0 }
  }

  return {
    ...window,
    prediction: (prediction, at) => window.prediction(prediction, at, () => hold(prediction)),
    mature(streamTimeMs) {
      const due = window.due(streamTimeMs, Infinity)
      const needed = due.needed.map(({ kept }) => held.get(kept.chunk)!)
      return window.settle(due, needed)
    },
    get pendingCount() {
      return window.pendingCount
    },
    get nextDueMs() {
      return window.nextDueMs
    },
    get memoryBytes() {
      return window.memoryBytes
    },
  }
}
