import { ingestLog, type IngestProgress } from './kafka-ingest.ts'
import { featureStoreConfigSchema, openFeedStore } from '#feature-store'
import { createClosers, type Environment, type StackProgress } from '#streams'
import { trainerConfigSchema } from '../../config.ts'
import type { FeedLog, LogFeed } from '../datasets/index.ts'
import { type RunningLoop, startLoop, type Stopwatch } from '../demo/index.ts'
import { auditRun, joiningOf, judgingOf, kafkaAuditSource } from '../report/index.ts'
import { ingestFailures } from './ingest-failures.ts'
import { pacedFeed } from './paced-feed.ts'
import { ingestReport, type IngestReport } from './ingest-report.ts'

export interface IngestRunOptions {
  log: FeedLog
  feed: LogFeed
  /** Feed seconds per wall second; undefined: as fast as the loop takes it. */
  speed: number | undefined
  keep: boolean
  /** Calendar days (UTC) of the log before the first whose predictions are judged. */
  fromDay: number
  environment: Environment
  /** Abort: nothing more of the log, then the report. */
  signal: AbortSignal
  stopwatch: Stopwatch
  announce: (text: string) => void
  onStackProgress: (progress: StackProgress) => void
  onProgress: (progress: IngestProgress) => void
}

const DRAIN_SECONDS_MAX = 300
const DAY_MS = 86_400_000

/** A real log through the whole loop, under a prefix of its own; ends with what an independent pass finds. */
export async function runIngest(
  options: IngestRunOptions,
): Promise<{ report: IngestReport; failures: string[] }> {
  const { log, feed, stopwatch, announce } = options
  const closers = createClosers()
  let running: RunningLoop | undefined
  try {
    const prefix = `${log.name}-${stopwatch.nowMs().toString(36)}`
    const loop = await startLoop({ ...options, prefix, feed: pacedFeed(feed) })
    running = loop
    closers.add(() => loop.close())
    const features = featureStoreConfigSchema.parse(feed.features)
    const trainer = trainerConfigSchema.parse(feed.trainer)
    const store = await openFeedStore(loop.addresses.redis, { prefix, features })
    closers.add(() => store.close())

    for (const note of log.notes ?? []) announce(note)
    const startedAtMs = stopwatch.nowMs()
    const judging = judgingOf(trainer)
    const counts = await ingestLog(loop.runtime, {
      ...options,
      spanMsMax: judging.horizonMs / 2,
      lagRecords: () => loop.lagRecords(),
    })
    await loop.settled(DRAIN_SECONDS_MAX)
    const durationSeconds = (stopwatch.nowMs() - startedAtMs) / 1_000
    await loop.stopServices()
    announce('counting: what was produced against what is there')
    const audit = await auditRun({
      source: kafkaAuditSource(loop.addresses, loop.runtime),
      topics: loop.runtime,
      features,
      store,
      judging,
      joining: joiningOf(trainer),
      fences: null,
      freshFromMs: startedAtMs,
      acknowledged: counts.interactions,
      injectedAtMs: null,
    })
    const report = ingestReport(audit, {
      dataset: log.name,
      judgedFromMs: (Math.floor(counts.fromMs / DAY_MS) + options.fromDay) * DAY_MS,
      rows: log.impressions,
      stoppedEarly: options.signal.aborted,
      counts,
      durationSeconds,
    })
    return { report, failures: ingestFailures(report) }
  } catch (error) {
    await running?.tellDeadLetters(stopwatch.nowMs())
    throw error
  } finally {
    await closers.closeAll()
  }
}
