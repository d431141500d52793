import type { CompiledFeatureSet, StateStore } from '#feature-store'
import type { Runtime } from '#streams'
import type { FeedLog } from '../datasets/feed-log.ts'
import { createIngestTelling } from './ingest-telling.ts'
import { createIngestWindow } from './ingest-window.ts'
import { createIngestPace, POLL_MS, rest } from './kafka-ingest-pace.ts'
import { type Consistency, createReadConsistency } from './read-consistency.ts'

export interface IngestOptions {
  log: FeedLog
  /** What a request waits for. */
  consistency: Consistency
  /** Where it is seen how far the features are. */
  store: Pick<StateStore, 'fences'>
  featureSet: Pick<CompiledFeatureSet, 'layouts'>
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
  const { clock } = runtime
  const window = createIngestWindow({ answerWithinMs })
  const ended = () => signal?.aborted === true
  const reads = await createReadConsistency({
    ...options,
    ...{ runtime, window, ended },
    flush: () => telling.flush(),
    rest: () => rest(POLL_MS),
  })
  const outputs = await runtime.outputs('ingest')
  const telling = createIngestTelling({ clock, outputs, window, noted: reads.told })
  const { counts } = telling
  const span = { fromMs: 0, toMs: 0 }
  const limits = { speed, lagRecords, lagRecordsMax, requestsWaitingMax, spanMsMax }
  const pace = createIngestPace({ ...limits, clock, window, reads, ended, flush: telling.flush })
  const follower = await runtime.follow({
    name: 'ingest',
    topic: 'predictions',
    startFrom: 'latest',
    record({ value }) {
      for (const outcome of value === null ? [] : window.answered(value.requestId))
        telling.interaction(outcome)
    },
  })
  try {
    await follower.ready
    for await (const entry of log.entries()) {
      if (ended()) break
      if (entry.kind === 'item') {
        telling.item(entry.item)
        await telling.flushIfMany()
      } else if (entry.kind === 'user') {
        telling.user(entry.user)
      } else if (entry.kind === 'interaction') {
        await reads.itemsFolded()
        telling.interaction(entry.interaction)
        await telling.flushIfMany()
      } else {
        if (counts.requests === 0) {
          span.fromMs = entry.atMs
          pace.startsAt(entry.atMs)
        }
        await pace.turnOf(entry.request)
        await telling.flushIfMany()
        span.toMs = entry.atMs
        window.sent(entry.request, entry.outcomes, clock.nowMs())
        telling.request(entry.request)
        onProgress?.({ impressions: counts.requests, occurredAtMs: entry.atMs })
      }
    }
    while (window.size > 0) {
      await telling.flush()
      await rest(POLL_MS)
    }
    await pace.lagAtMost(0)
    return { ...counts, ...span, ...window.counts }
  } finally {
    await follower.stop()
    await outputs.close()
  }
}
