import type { Runtime } from '#streams'
import type { IngestWindow } from './ingest-window.ts'

export interface IngestPaceParts {
  clock: Runtime['clock']
  window: Pick<IngestWindow, 'size' | 'oldestMs'>
  /** Feed seconds per wall second; undefined: as fast as the loop takes it. */
  speed: number | undefined
  lagRecords: () => Promise<number>
  lagRecordsMax: number
  requestsWaitingMax: number
  spanMsMax: number
  ended: () => boolean
  /** Tells what is overdue; resolves when all that was told is acknowledged. */
  flush(): Promise<void>
}

/** When the next request of a log may be sent. */
export interface IngestPace {
  /** The wall clock's place in the log: this event time is now. */
  startsAt(atMs: number): void
  /** Waits for the turn of what happened then. */
  turnOf(atMs: number): Promise<void>
  /** Waits until the loop is at most this far behind. */
  lagAtMost(recordsMax: number): Promise<void>
}

export const POLL_MS = 2
const LAG_POLL_MS = 200

export function createIngestPace(parts: IngestPaceParts): IngestPace {
  const { clock, window, speed, ended, flush } = parts
  /** Everything told of requests before this event time is acknowledged. */
  let acknowledgedMs = -Infinity
  let lagCheckedAtMs = -Infinity
  let [fromMs, wallStartMs] = [0, Infinity]

  const wallTimeOf = (atMs: number) =>
    speed === undefined ? -Infinity : wallStartMs + (atMs - fromMs) / speed
  const isTooFar = (atMs: number) => atMs - Math.min(window.oldestMs, acknowledgedMs) > parts.spanMsMax
  const isEarly = (atMs: number) => clock.nowMs() < wallTimeOf(atMs)

  async function lagAtMost(recordsMax: number): Promise<void> {
    lagCheckedAtMs = clock.nowMs()
    await flush()
    while (!ended() && (await parts.lagRecords()) > recordsMax) {
      await rest(LAG_POLL_MS)
      await flush()
    }
    lagCheckedAtMs = clock.nowMs()
  }

  return {
    startsAt: (atMs) => void ([fromMs, wallStartMs] = [atMs, clock.nowMs()]),
    async turnOf(atMs) {
      while (!ended() && (window.size >= parts.requestsWaitingMax || isTooFar(atMs) || isEarly(atMs))) {
        const answeredBeforeMs = Math.min(window.oldestMs, atMs)
        await flush()
        acknowledgedMs = answeredBeforeMs
        if (window.size > 0 || isEarly(atMs)) await rest(POLL_MS)
      }
      if (clock.nowMs() - lagCheckedAtMs > LAG_POLL_MS) await lagAtMost(parts.lagRecordsMax)
    },
    lagAtMost,
  }
}

export const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
