import { ModelCallError } from './errors.ts'

/** Threads that were given up in the middle of a native call and have not come back. */
const HUNG_THREADS_MAX = 2
const RESTART_MS_FIRST = 100
const RESTART_MS_MAX = 10_000

/** When a worker thread may be started after others died or hung. */
export interface OnnxRestarts {
  /** Throws ModelCallError `worker_died`: not yet. */
  checkStart(): void
  /** A call was answered: the next death is the first in a row. */
  noteAnswer(): void
  noteDeath(): void
  /** A thread hangs until it has left. */
  noteHung(left: Promise<void>): void
  /** The next start need not wait. */
  reset(): void
}

/** From the second death in a row on the next start waits, twice as long each time. */
export function createOnnxRestarts(): OnnxRestarts {
  let deathsInARow = 0
  let startNotBeforeMs = 0
  let hungThreads = 0

  return {
    checkStart() {
      if (performance.now() < startNotBeforeMs) {
        throw new ModelCallError(
          'worker_died',
          `the ONNX worker died ${deathsInARow} times in a row; the next start waits`,
        )
      }
      if (hungThreads >= HUNG_THREADS_MAX) {
        throw new ModelCallError(
          'worker_died',
          `${hungThreads} ONNX workers hang in a native call; no other is started`,
        )
      }
    },
    noteAnswer() {
      deathsInARow = 0
    },
    noteDeath() {
      deathsInARow += 1
      const pauseMs =
        deathsInARow === 1 ? 0 : Math.min(RESTART_MS_FIRST * 2 ** (deathsInARow - 2), RESTART_MS_MAX)
      startNotBeforeMs = performance.now() + pauseMs
    },
    noteHung(left) {
      hungThreads += 1
      void left.then(() => (hungThreads -= 1))
    },
    reset() {
      deathsInARow = 0
      startNotBeforeMs = 0
    },
  }
}
