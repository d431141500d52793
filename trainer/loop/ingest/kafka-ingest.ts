import type { Runtime } from '#streams'
import type { FeedLog } from '../datasets/feed-log.ts'
import { createIngestWindow } from './ingest-window.ts'

export interface IngestOptions {
  log: FeedLog
  /** Feed seconds per wall second; undefined: as fast as the loop takes it. */
  speed?: number | undefined
  /** Records the slowest of the loop's groups is behind: the log waits while it is more than `lagRecordsMax`. */
  lagRecords: () => Promise<number>
  /** Default: a twentieth of the log, 2,000 at most: models must learn from its past while it goes on. */
  lagRecordsMax?: number
  /**
   * Event time between a request whose outcomes have not been told and the next one sent. Who joins outcomes by event
   * time waits for them only so long; keep it well below the label horizon.
   */
  spanMsMax?: number
  /** Requests under way at a time. */
  requestsWaitingMax?: number
  /** Wall time after which outcomes are told although no prediction came. */
  answerWithinMs?: number
  onProgress?: (progress: IngestProgress) => void
  /** Stops early, between two impressions. */
  signal?: AbortSignal
}

export interface IngestProgress {
  impressions: number
  /** Event time of the last impression sent; 0 before the first. */
  occurredAtMs: number
}

export interface IngestCounts {
  items: number
  users: number
  requests: number
  interactions: number
  answered: number
  unanswered: number
  fromMs: number
  toMs: number
}

const POLL_MS = 2
const LAG_POLL_MS = 200
const FLUSH_EVERY_RECORDS = 500
const LAG_RECORDS_MAX = 2_000
const LAG_SHARE = 0.05

/**
 * Plays a real log through the topics at its own event time: attributes, a rank request per impression, and,
 * once it has been answered, what came of it. The log never runs far ahead of the loop, so that models learn
 * from its past while it goes on.
 *
 * @returns when everything has been told and acknowledged
 */
export async function ingestLog(runtime: Runtime, options: IngestOptions): Promise<IngestCounts> {
  const { log, speed, lagRecords, onProgress, signal } = options
  const {
    lagRecordsMax = Math.min(LAG_RECORDS_MAX, Math.ceil(log.impressions * LAG_SHARE)),
    requestsWaitingMax = 256,
    answerWithinMs = 30_000,
    spanMsMax = Infinity,
  } = options
  const window = createIngestWindow({ answerWithinMs })
  const outputs = await runtime.outputs('ingest')
  const counts = { items: 0, users: 0, requests: 0, interactions: 0, fromMs: 0, toMs: 0 }
  const follower = await runtime.follow({
    name: 'ingest',
    topic: 'predictions',
    startFrom: 'latest',
    record({ value }) {
      for (const outcome of value === null ? [] : window.answered(value.requestId)) tell(outcome)
    },
  })
  let unacknowledged = 0
  /** Everything told of requests before this event time is acknowledged. */
  let acknowledgedMs = -Infinity
  let lagCheckedAtMs = -Infinity
  let wallStartMs = Infinity

  function tell(interaction: Parameters<typeof window.sent>[1][number]): void {
    counts.interactions++
    unacknowledged++
    outputs.add('interactions', { key: interaction.userId, value: interaction })
  }

  async function flush(): Promise<void> {
    for (const late of window.overdue(runtime.clock.nowMs())) tell(late)
    unacknowledged = 0
    await outputs.flush()
  }

  /** Waits until the loop is at most this far behind. */
  async function lagAtMost(recordsMax: number): Promise<void> {
    lagCheckedAtMs = runtime.clock.nowMs()
    await flush()
    while (!ended() && (await lagRecords()) > recordsMax) {
      await rest(LAG_POLL_MS)
      await flush()
    }
    lagCheckedAtMs = runtime.clock.nowMs()
  }

  const isTooFar = (atMs: number) => atMs - Math.min(window.oldestMs, acknowledgedMs) > spanMsMax

  async function turnOf(atMs: number): Promise<void> {
    while (
      !ended() &&
      (window.size >= requestsWaitingMax || isTooFar(atMs) || runtime.clock.nowMs() < wallTimeOf(atMs))
    ) {
      const answeredBeforeMs = Math.min(window.oldestMs, atMs)
      await flush()
      acknowledgedMs = answeredBeforeMs
      if (window.size > 0 || runtime.clock.nowMs() < wallTimeOf(atMs)) await rest(POLL_MS)
    }
    if (runtime.clock.nowMs() - lagCheckedAtMs > LAG_POLL_MS) await lagAtMost(lagRecordsMax)
    if (unacknowledged >= FLUSH_EVERY_RECORDS) await flush()
  }

  const wallTimeOf = (atMs: number) =>
    speed === undefined ? -Infinity : wallStartMs + (atMs - counts.fromMs) / speed
  const ended = () => signal?.aborted === true

  try {
    await follower.ready
    let itemsUntold = false
    for await (const entry of log.entries()) {
      if (ended()) break
      if (entry.kind === 'item') {
        counts.items++
        unacknowledged++
        itemsUntold = true
        outputs.add('items', { key: entry.item.itemId, value: entry.item })
        if (unacknowledged >= FLUSH_EVERY_RECORDS) await flush()
      } else if (entry.kind === 'user') {
        counts.users++
        outputs.add('users', { key: entry.user.userId, value: entry.user })
      } else {
        if (itemsUntold) await lagAtMost(0)
        itemsUntold = false
        if (counts.requests === 0) [counts.fromMs, wallStartMs] = [entry.atMs, runtime.clock.nowMs()]
        await turnOf(entry.atMs)
        counts.requests++
        unacknowledged++
        counts.toMs = entry.atMs
        window.sent(entry.request, entry.outcomes, runtime.clock.nowMs())
        outputs.add('requests', { key: entry.request.userId, value: entry.request })
        onProgress?.({ impressions: counts.requests, occurredAtMs: entry.atMs })
      }
    }
    while (window.size > 0) {
      await flush()
      await rest(POLL_MS)
    }
    await lagAtMost(0)
    return { ...counts, ...window.counts }
  } finally {
    await follower.stop()
    await outputs.close()
  }
}

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
