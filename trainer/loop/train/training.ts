import { compileFeatureSet } from '#feature-store'
import type { OpenModel } from '#scorer/model'
import type { Candidate } from '../../export/candidate.ts'
import type { LearnerChoice } from '../../learners/choice.ts'
import type { Fitter } from '../../learning/fitter.ts'
import { playLog } from '../backtest/play-log.ts'
import type { Played, TriedFeed } from '../backtest/played.ts'
import type { FeedLog } from '../datasets/index.ts'
import { type CollectedRows, createRowCollector } from './collected-rows.ts'
import { type JudgedModel, judgeModel } from './judge-model.ts'
import { dataReportOf } from './data-report.ts'
import { TrainingError } from './errors.ts'
import { checkMockRows, type MockRows } from './mock-rows.ts'
import { type LearnedFrom, trainModel } from './train-model.ts'
import { partsByTime, type Parts, type PartShares } from './parts-by-time.ts'
import { isReady, type PassTables, type ReadyRows } from './ready-rows.ts'
import { checkSanity } from './run-sanity.ts'
import { timedLog } from './timed-log.ts'
import type { TestTable } from './test-table.ts'
import type { DataReport, TrainingReport } from './training-report.ts'
import { balanceUsers } from './user-balance.ts'

export interface TrainingOptions {
  log: FeedLog | ReadyRows
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
  /** Learned from beside the training part, never judged on. */
  mock?: MockRows | undefined
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
  played: PassTables
  rows: CollectedRows
  parts: Parts
  featureSet: ReturnType<typeof compileFeatureSet>
}

/** What there is to learn from and to be judged on, before anything is learned. */
export interface ReadyData {
  split: SplitRows
  /** Of the training part's rows. */
  weights: Float32Array | undefined
  data: DataReport
  readSeconds: number
  featuresSeconds: number
}

/** A model and what it is worth. */
export interface JudgedFit extends JudgedModel {
  rounds: readonly number[]
  fitSeconds: number
  judgeSeconds: number
}

/**
 * A model of a log, in one go: vectors by the very path of the loop, a cut by time, a check that the learner can learn, a fit,
 * a calibration, a threshold by cost, and what all of it is worth on the last stretch of time.
 *
 * @throws TrainingError when data, options and learner give no model
 */
export async function runTraining(options: TrainingOptions): Promise<Training> {
  const { stopwatch, mock } = options
  const startedAtMs = stopwatch.nowMs()
  const ready = await readyData(options)
  const { split, weights, data } = ready
  if (mock !== undefined)
    checkMockRows(mock, {
      featureSetId: split.featureSet.id,
      validationFromMs: split.parts.validationFromMs,
    })
  const sanity = await passedSanity(split, options)
  const fit = await fitAndJudge(split, { weights, mock }, options)
  const { candidate, test, curves, judged, rounds, scoringMsPerThousand } = fit
  const perThousand = (spent: number) => (spent * 1e6) / Math.max(1, split.rows.count)
  const { readSeconds, featuresSeconds } = ready
  const phases = {
    readSeconds,
    featuresSeconds,
    fitSeconds: fit.fitSeconds + sanity.seconds,
    judgeSeconds: fit.judgeSeconds,
    readMsPerThousand: perThousand(readSeconds),
    featuresMsPerThousand: perThousand(featuresSeconds),
    scoringMsPerThousand,
  }
  const report: TrainingReport = {
    metrics: { runId: '', ...judged, sanity: sanity.found, rounds, phases },
    data:
      mock === undefined
        ? data
        : { ...data, mockRows: mock.rows.count, notes: [...data.notes, mockNote(mock)] },
    curves,
    choice: options.choice,
    seed: options.seed,
    startedAtMs: Math.floor(startedAtMs),
    endedAtMs: Math.floor(stopwatch.nowMs()),
  }
  return { report, candidate, test }
}

const mockNote = ({ rows }: MockRows) =>
  `${rows.count.toLocaleString('en-US')} mock rows were learned from beside the training part; nothing is tuned or judged on them`

/** Reads the log, makes vectors and labels and cuts them. @throws TrainingError */
export async function readyData(options: TrainingOptions): Promise<ReadyData> {
  const { stopwatch, feed, shares } = options
  const startedAtMs = stopwatch.nowMs()
  const { played, rows, readSeconds } = await rowsOf(options)
  const featuresSeconds = (stopwatch.nowMs() - startedAtMs) / 1_000 - readSeconds
  const featureSet = compileFeatureSet(feed.features)
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
  return { split, weights, data, readSeconds, featuresSeconds }
}

async function passedSanity(split: SplitRows, options: TrainingOptions) {
  const { stopwatch } = options
  const fromMs = stopwatch.nowMs()
  const found = options.checksSanity ? await checkSanity(split, options) : null
  if (found?.passed === false) throw new TrainingError('train_sanity', found.sentence)
  return { found, seconds: (stopwatch.nowMs() - fromMs) / 1_000 }
}

/** Fits, calibrates and judges one model. @throws TrainingError when it was stopped */
export async function fitAndJudge(
  split: SplitRows,
  from: LearnedFrom,
  options: TrainingOptions,
): Promise<JudgedFit> {
  const { stopwatch } = options
  const seconds = (sinceMs: number) => (stopwatch.nowMs() - sinceMs) / 1_000
  const mocks = from.mock?.rows.count ?? 0
  const beside = mocks === 0 ? '' : ` and ${mocks.toLocaleString('en-US')} mock rows`
  options.onStage(
    `fits ${options.choice.name} to ${split.parts.train.length.toLocaleString('en-US')} rows${beside}`,
  )
  const fitFromMs = stopwatch.nowMs()
  const { candidate, rounds } = await trainModel(split, from, options)
  if (options.signal.aborted)
    throw new TrainingError('train_stopped', 'Stopped before there was a model: nothing was written.')
  const fitSeconds = seconds(fitFromMs)
  options.onStage('judges the model')
  const judgedFromMs = stopwatch.nowMs()
  const judged = await judgeModel(split, candidate, options)
  return { ...judged, rounds, fitSeconds, judgeSeconds: seconds(judgedFromMs) }
}

async function rowsOf(
  options: TrainingOptions,
): Promise<{ played: PassTables; rows: CollectedRows; readSeconds: number }> {
  const { log, stopwatch } = options
  if (isReady(log)) return { ...log, readSeconds: 0 }
  const timed = timedLog(log, () => stopwatch.nowMs())
  options.onStage('reads the data and makes features')
  const collected = await collect(options, timed.log)
  return { ...collected, readSeconds: timed.waitedMs() / 1_000 }
}

/** Plays the log without anybody who learns: what is left are vectors and labels. */
async function collect(
  options: TrainingOptions,
  log: FeedLog,
): Promise<{ played: Played; rows: CollectedRows }> {
  const { feed, signal } = options
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
