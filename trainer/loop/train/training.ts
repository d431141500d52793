import { compileFeatureSet } from '#feature-store'
import type { OpenModel } from '#scorer/model'
import type { Candidate } from '../../export/candidate.ts'
import type { LearnerChoice } from '../../learners/choice.ts'
import type { Fitter } from '../../learning/fitter.ts'
import { playLog } from '../backtest/play-log.ts'
import type { Played, TriedFeed } from '../backtest/played.ts'
import type { FeedLog } from '../datasets/index.ts'
import { type CollectedRows, createRowCollector } from './collected-rows.ts'
import { judgeModel } from './judge-model.ts'
import { dataReportOf } from './data-report.ts'
import { TrainingError } from './errors.ts'
import { trainModel } from './train-model.ts'
import { partsByTime, type Parts, type PartShares } from './parts-by-time.ts'
import { checkSanity } from './run-sanity.ts'
import { timedLog } from './timed-log.ts'
import type { TestTable } from './test-table.ts'
import type { TrainingReport } from './training-report.ts'
import { balanceUsers } from './user-balance.ts'

export interface TrainingOptions {
  log: FeedLog
  feed: Omit<TriedFeed, 'name'>
  choice: LearnerChoice
  shares: PartShares
  costs: { falsePositive?: number | undefined; falseNegative?: number | undefined }
  /** Training rows of one user that count in full; left out: ten times those of the median user. */
  userRowsMax?: number | undefined
  roundsMax: number
  seed: number
  checksSanity: boolean
  openModel: OpenModel
  fitter: Fitter
  stopwatch: { nowMs(): number }
  signal: AbortSignal
  onStage(stage: string): void
  onProgress(progress: { impressions: number; occurredAtMs: number }): void
  onFit(share: number): void
}

export interface Training {
  report: TrainingReport
  candidate: Candidate
  test: TestTable
}

/** Rows, their vectors and labels, cut into parts. */
export interface SplitRows {
  played: Played
  rows: CollectedRows
  parts: Parts
  featureSet: ReturnType<typeof compileFeatureSet>
}

/**
 * A model of a log, in one go: vectors by the very path of the loop, a cut by time, a check that the learner can learn, a fit,
 * a threshold by cost, and what all of it is worth on the last stretch of time.
 *
 * @throws TrainingError when data, options and learner give no model
 */
export async function runTraining(options: TrainingOptions): Promise<Training> {
  const { stopwatch, feed, shares, signal } = options
  const startedAtMs = stopwatch.nowMs()
  const seconds = (sinceMs: number) => (stopwatch.nowMs() - sinceMs) / 1_000
  const timed = timedLog(options.log, () => stopwatch.nowMs())
  options.onStage('reads the data and makes features')
  const { played, rows } = await collect({ ...options, log: timed.log })
  const readSeconds = timed.waitedMs() / 1_000
  const featuresSeconds = seconds(startedAtMs) - readSeconds
  const { featureSet } = played
  const parts = partsByTime(rows, shares, feed.trainer.objective)
  const split: SplitRows = { played, rows, parts, featureSet }
  const ids = (part: Int32Array) => Array.from(part, (row) => rows.userIds[row]!)
  const { weights, balance } = balanceUsers(ids(parts.train), ids(parts.test), options.userRowsMax)
  options.onStage('looks at the data')
  const data = dataReportOf(split, {
    ...{ dataset: options.log, balance, shares },
    label: feed.trainer.objective,
    features: feed.features.features,
  })
  const fitFromMs = stopwatch.nowMs()
  const sanity = options.checksSanity ? await checkSanity(split, options) : null
  if (sanity?.passed === false) throw new TrainingError('train_sanity', sanity.sentence)
  options.onStage(`fits ${options.choice.name} to ${parts.train.length.toLocaleString('en-US')} rows`)
  const { candidate, rounds } = await trainModel(split, weights, options)
  if (signal.aborted)
    throw new TrainingError('train_stopped', 'Stopped before there was a model: nothing was written.')
  const fitSeconds = seconds(fitFromMs)
  options.onStage('judges the model')
  const judgedFromMs = stopwatch.nowMs()
  const { judged, test, curves, scoringMsPerThousand } = await judgeModel(split, candidate, options)
  const perThousand = (spent: number) => (spent * 1e6) / Math.max(1, rows.count)
  const phases = {
    readSeconds,
    featuresSeconds,
    fitSeconds,
    judgeSeconds: seconds(judgedFromMs),
    readMsPerThousand: perThousand(readSeconds),
    featuresMsPerThousand: perThousand(featuresSeconds),
    scoringMsPerThousand,
  }
  const report: TrainingReport = {
    metrics: { runId: '', ...judged, sanity, rounds, phases },
    data,
    curves,
    choice: options.choice,
    seed: options.seed,
    startedAtMs: Math.floor(startedAtMs),
    endedAtMs: Math.floor(stopwatch.nowMs()),
  }
  return { report, candidate, test }
}

/** Plays the log without anybody who learns: what is left are vectors and labels. */
async function collect(options: TrainingOptions): Promise<{ played: Played; rows: CollectedRows }> {
  const { feed, log, signal } = options
  const collector = createRowCollector(compileFeatureSet(feed.features).width)
  const played = await playLog({
    log,
    feed: { ...feed, trainer: { ...feed.trainer, learners: [] } },
    retrainEveryMs: null,
    windowMs: Infinity,
    fromDay: 0,
    gates: ['none'],
    openModel: options.openModel,
    fitter: options.fitter,
    stopwatch: options.stopwatch,
    signal,
    onProgress: options.onProgress,
    onExample: (row, example) => collector.add(row, example),
  })
  await played.close()
  if (signal.aborted)
    throw new TrainingError('train_stopped', 'Stopped while the data was read: nothing was written.')
  return { played, rows: collector.rows() }
}
