import type { Runtime } from '#streams'
import type { IngestWindow } from './ingest-window.ts'
import type { ReadConsistency } from './read-consistency.ts'

export interface IngestPaceParts {
  clock: Runtime['clock']
  window: Pick<IngestWindow, 'size' | 'oldestMs'>
  reads: Pick<ReadConsistency, 'isOpen' | 'folded'>
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
  /** Waits for the turn of a request. */
  turnOf(request: { userId: string; occurredAtMs: number }): Promise<void>
  /** Waits until the loop is at most this far behind. */
  lagAtMost(recordsMax: number): Promise<void>
}

export const POLL_MS = 2
const LAG_POLL_MS = 200
/** It is not looked for before so much of what may lag has been sent. */
const LAG_LOOK_SHARE = 0.05

export function createIngestPace(parts: IngestPaceParts): IngestPace {
  const { clock, window, reads, speed, ended, flush } = parts
  /** Everything told of requests before this event time is acknowledged. */
  let acknowledgedMs = -Infinity
  let lag = { records: 0, foundAtMs: -Infinity }
  let sentSinceLook = 0
  let looking: Promise<void> | undefined
  let broken: { error: unknown } | undefined
  let [fromMs, wallStartMs] = [0, Infinity]

  const wallTimeOf = (atMs: number) =>
    speed === undefined ? -Infinity : wallStartMs + (atMs - fromMs) / speed
  const isTooFar = (atMs: number) => atMs - Math.min(window.oldestMs, acknowledgedMs) > parts.spanMsMax
  const isEarly = (atMs: number) => clock.nowMs() < wallTimeOf(atMs)

  async function lookAtLag(): Promise<void> {
    lag = { records: await parts.lagRecords(), foundAtMs: clock.nowMs() }
  }

  async function lagAtMost(recordsMax: number): Promise<void> {
    await flush()
    for (await lookAtLag(); !ended() && lag.records > recordsMax; await lookAtLag()) {
      await rest(LAG_POLL_MS)
      await flush()
    }
  }

  /** Beside the play: every group and topic is asked about, which takes longer than many a request. */
  async function mindLag(): Promise<void> {
    if (lag.records > parts.lagRecordsMax) return lagAtMost(parts.lagRecordsMax)
    sentSinceLook += 1
    if (sentSinceLook < parts.lagRecordsMax * LAG_LOOK_SHARE) return
    if (clock.nowMs() - lag.foundAtMs <= LAG_POLL_MS) return
    sentSinceLook = 0
    const failed = (error: unknown) => void (broken ??= { error })
    looking ??= lookAtLag()
      .catch(failed)
      .finally(() => (looking = undefined))
    if (broken !== undefined) throw broken.error
  }

  return {
    startsAt: (atMs) => void ([fromMs, wallStartMs] = [atMs, clock.nowMs()]),
    async turnOf({ userId, occurredAtMs: atMs }) {
      const mustWait = () =>
        window.size >= parts.requestsWaitingMax || reads.isOpen(userId) || isTooFar(atMs) || isEarly(atMs)
      while (!ended() && mustWait()) {
        const answeredBeforeMs = Math.min(window.oldestMs, atMs)
        await flush()
        acknowledgedMs = answeredBeforeMs
        if (window.size > 0 || isEarly(atMs)) await rest(POLL_MS)
      }
      await mindLag()
      await reads.folded(userId)
    },
    lagAtMost,
  }
}

export const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
