import { type IngestCounts, ingestLog, type IngestProgress } from './kafka-ingest.ts'
import { compileFeatureSet, featureStoreConfigSchema, openFeedStore } from '#feature-store'
import { createClosers, type Environment, type StackProgress } from '#streams'
import { trainerConfigSchema } from '../../config.ts'
import type { FeedLog, LogFeed } from '../datasets/index.ts'
import { type RunningLoop, startLoop, type Stopwatch } from '../demo/index.ts'
import {
  type Audit,
  auditRun,
  type AuditSource,
  joiningOf,
  judgingOf,
  kafkaAuditSource,
} from '../report/index.ts'
import { triedFeedOf } from '../backtest/backtest.ts'
import { BacktestError } from '../backtest/errors.ts'
import { openEngines } from '../backtest/process-engines.ts'
import { type BesideBacktest, besideBacktest } from './beside-backtest.ts'
import { ingestFailures } from './ingest-failures.ts'
import { pacedFeed } from './paced-feed.ts'
import { ingestReport, type IngestReport } from './ingest-report.ts'
import type { Consistency } from './read-consistency.ts'

export interface IngestRunOptions {
  log: FeedLog
  feed: LogFeed
  /** Feed seconds per wall second; undefined: as fast as the loop takes it. */
  speed: number | undefined
  consistency: Consistency
  /** Whether a backtest is played afterwards and judged on the same rows. */
  withBacktest: boolean
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
      store,
      featureSet: compileFeatureSet(features),
      spanMsMax: judging.horizonMs / 2,
      lagRecords: () => loop.lagRecords(),
    })
    await loop.settled(DRAIN_SECONDS_MAX)
    const durationSeconds = (stopwatch.nowMs() - startedAtMs) / 1_000
    await loop.stopServices()
    announce('counting: what was produced against what is there')
    const source = kafkaAuditSource(loop.addresses, loop.runtime)
    const audit = await auditRun({
      source,
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
    const judgedFromMs = (Math.floor(counts.fromMs / DAY_MS) + options.fromDay) * DAY_MS
    const beside = options.withBacktest
      ? await backtested(options, { audit, judgedFromMs, source, counts })
      : null
    const report = ingestReport(audit, {
      beside,
      dataset: log.name,
      consistency: options.consistency,
      judgedFromMs,
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

async function backtested(
  { announce, ...options }: IngestRunOptions,
  run: { audit: Audit; judgedFromMs: number; source: AuditSource; counts: IngestCounts },
): Promise<BesideBacktest | null> {
  announce('playing the same log in process, to be judged on the same rows')
  const { close, ...engines } = openEngines()
  try {
    return await besideBacktest({
      ...options,
      ...engines,
      feed: triedFeedOf(options.feed),
      // What was sent is played to its end, an early end of the log included.
      signal: new AbortController().signal,
      impressions: run.counts.requests,
      judged: run.audit.judged.filter(({ occurredAtMs }) => occurredAtMs >= run.judgedFromMs),
      predictions: run.source.read('predictions'),
    })
  } catch (error) {
    if (!(error instanceof BacktestError)) throw error
    announce(error.message)
    return null
  } finally {
    await close()
  }
}
