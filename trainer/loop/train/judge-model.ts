import { calibratedBy, type ModelSession, type ProvenModel } from '#scorer/model'
import { nameOfDefinition } from '#feature-store'
import type { Candidate } from '../../export/candidate.ts'
import { calibrationError, curvesOf, type Forecast } from '../../metrics/index.ts'
import { createBaselines } from '../backtest/baselines.ts'
import { backtestMetrics } from '../backtest/backtest-metrics.ts'
import { type Importance, importancesOf } from '../backtest/importances.ts'
import { pairedDifference } from '../backtest/paired.ts'
import { BASE_RATE, ITEM_RATE } from '../backtest/played.ts'
import { cheapestThreshold, confusionOf, costOf, type Costs, costsOf } from './cost-threshold.ts'
import { judgedSlices } from './judged-slices.ts'
import { calibrationSentence, fittedCalibration, truenessOf } from './run-calibration.ts'
import { seenSlice } from './seen-slice.ts'
import type { TestTable } from './test-table.ts'
import type { MetricsReport, TrainedCurves } from './training-report.ts'
import type { SplitRows, TrainingOptions } from './training.ts'

export interface JudgedModel {
  /** With the calibration that it was given. */
  candidate: Candidate
  judged: Omit<MetricsReport, 'runId' | 'sanity' | 'rounds' | 'phases'>
  test: TestTable
  /** As they serve, of the validation part's rows. */
  validationScores: Float32Array
  curves: TrainedCurves
  scoringMsPerThousand: number
}

/** Rows of one call. */
const CALL_ROWS_MAX = 4_096
/** The newest test rows, on which is measured what features are worth. */
const IMPORTANCE_ROWS_MAX = 2_000
/** Rows of the training part that are scored, to see how much was learned by heart. */
const TRAIN_ROWS_MAX = 20_000
const TIMED_CANDIDATES = 1_000
const TIMED_CALLS = 5

/**
 * Opens and proves the model's file as a scorer would, calibrates it by the validation part, and judges it on the test part,
 * which nothing was chosen by.
 */
export async function judgeModel(
  split: SplitRows,
  { onnx, manifest }: Candidate,
  options: TrainingOptions,
): Promise<JudgedModel> {
  const raw = await options.openModel(onnx, manifest)
  try {
    const validation = {
      scores: await scoresOf(raw, split.rows, split.parts.validation),
      labels: labelsOf(split, split.parts.validation),
    }
    const fitted = fittedCalibration(validation, options.feed.trainer.calibration)
    const calibrated = { ...manifest, ...calibratedBy(fitted.calibration) }
    const served = raw.recalibrated(calibrated)!
    try {
      const judged = await judge(split, { raw, served, fitted }, options)
      return { candidate: { onnx, manifest: calibrated }, ...judged }
    } finally {
      await served.close()
    }
  } finally {
    await raw.close()
  }
}

interface OpenedModel {
  /** As the file answers. */
  raw: ModelSession
  /** As it serves. */
  served: ProvenModel
  fitted: ReturnType<typeof fittedCalibration>
}

async function judge(
  split: SplitRows,
  { raw, served: session, fitted }: OpenedModel,
  options: TrainingOptions,
): Promise<Omit<JudgedModel, 'candidate'>> {
  const { rows, parts, played } = split
  const { feed, stopwatch } = options
  const scored = async (part: Int32Array, by: ModelSession = session) => {
    const scores = await scoresOf(by, rows, part)
    return { scores, forecasts: forecastsOf(scores, labelsOf(split, part)) }
  }
  const requestsOf = (part: Int32Array) =>
    Int32Array.from(part, (row) => played.rows.requests[rows.places[row]!]!)
  const validation = await scored(parts.validation)
  const test = await scored(parts.test)
  const uncalibrated = await scored(parts.test, raw)
  const lastTrained = parts.train.slice(-TRAIN_ROWS_MAX)
  const train = await scored(lastTrained)
  const costs = costsOf(options.costs, factsOf(labelsOf(split, parts.train)))
  const chosen = cheapestThreshold(validation.forecasts, costs)
  const { threshold } = chosen
  const requests = requestsOf(parts.test)
  const confusion = confusionOf(test.forecasts, threshold)
  const table = testTableOf(split, test.scores, requests)
  const users = Int32Array.from(parts.test, (row) => played.rows.users[rows.places[row]!]!)
  const seed = `${String(options.seed)}/${session.manifest.modelId}`
  const baselines = [
    { name: BASE_RATE, scores: table.baseRate },
    { name: ITEM_RATE, scores: table.itemRate },
  ].map(({ name, scores }) => {
    const other = forecastsOf(scores, table.labels)
    return {
      name,
      test: backtestMetrics(other, requests, threshold),
      model: pairedDifference({ users, requests, one: test.forecasts, other }, seed),
    }
  })
  const places = Int32Array.from(parts.test, (row) => rows.places[row]!)
  const trainPlaces = Int32Array.from(parts.train, (row) => rows.places[row]!)
  const slices = judgedSlices([...played.slices, seenSlice(played.rows, trainPlaces)], {
    ...{ places, trainPlaces, forecasts: test.forecasts, requests, threshold },
  })
  const judgedTest = backtestMetrics(test.forecasts, requests, threshold)
  return {
    judged: {
      modelId: session.manifest.modelId,
      learner: options.choice.name,
      label: feed.trainer.objective,
      test: judgedTest,
      validation: backtestMetrics(validation.forecasts, requestsOf(parts.validation), threshold),
      train: backtestMetrics(train.forecasts, requestsOf(lastTrained), threshold),
      threshold: {
        ...chosen,
        costs,
        costsGiven: options.costs.falsePositive !== undefined || options.costs.falseNegative !== undefined,
        testCost: costOf(confusion, costs),
        baselineCost: baselineCost(table, costs),
      },
      confusion,
      calibration: {
        ...calibrationFacts(session, fitted, feed.trainer.calibration.kinds),
        before: truenessOf(backtestMetrics(uncalibrated.forecasts, requests, threshold)),
        after: truenessOf(judgedTest),
      },
      baselines,
      slices,
      importances: await importances(split, session, options),
    },
    test: table,
    validationScores: validation.scores,
    curves: {
      ...curvesOf(test.forecasts, table.occurredAtMs),
      uncalibrated: calibrationError(uncalibrated.forecasts)?.bins ?? [],
    },
    scoringMsPerThousand: await scoringMs(session, table, () => stopwatch.nowMs()),
  }
}

/** Of the better of always no and always yes, per row. */
function baselineCost({ labels, count }: TestTable, { falsePositive, falseNegative }: Costs): number {
  const { positives } = factsOf(labels)
  return Math.min(positives * falseNegative, (count - positives) * falsePositive) / count
}

function calibrationFacts(
  { manifest: { calibrationId, calibration } }: ModelSession,
  { rows, positives }: OpenedModel['fitted'],
  kinds: Parameters<typeof calibrationSentence>[1],
) {
  const facts = { calibrationId, kind: calibration.kind, rows, positives }
  return { ...facts, sentence: calibrationSentence(facts, kinds) }
}

const labelsOf = ({ rows }: SplitRows, part: Int32Array) => Uint8Array.from(part, (row) => rows.labels[row]!)

const forecastsOf = (scores: ArrayLike<number>, labels: Uint8Array): Forecast[] =>
  Array.from(labels, (label, at) => ({ score: scores[at]!, label }))

const factsOf = (labels: Uint8Array) => ({
  rows: labels.length,
  positives: labels.reduce((sum, one) => sum + one, 0),
})

async function scoresOf(
  session: ModelSession,
  rows: SplitRows['rows'],
  part: Int32Array,
): Promise<Float32Array> {
  const scores = new Float32Array(part.length)
  for (let from = 0; from < part.length; from += CALL_ROWS_MAX) {
    const some = part.subarray(from, from + CALL_ROWS_MAX)
    scores.set(await session.predict(rows.vectors(some), some.length), from)
  }
  return scores
}

/** Baselines know what the model knows: the training part. */
function testTableOf({ rows, parts }: SplitRows, scores: Float32Array, requests: Int32Array): TestTable {
  const baselines = createBaselines()
  for (const row of parts.train)
    baselines.learn({ itemId: rows.itemIds[row]!, label: rows.labels[row] === 1 ? 1 : 0 })
  const itemIds = Array.from(parts.test, (row) => rows.itemIds[row]!)
  return {
    count: parts.test.length,
    width: rows.width,
    occurredAtMs: Float64Array.from(parts.test, (row) => rows.occurredAtMs[row]!),
    requests,
    userIds: Array.from(parts.test, (row) => rows.userIds[row]!),
    itemIds,
    labels: Uint8Array.from(parts.test, (row) => rows.labels[row]!),
    scores,
    baseRate: new Float32Array(parts.test.length).fill(baselines.baseRate()),
    itemRate: Float32Array.from(itemIds, (itemId) => baselines.itemRate(itemId)),
    vectors: rows.vectors(parts.test),
  }
}

async function importances(
  { rows, parts, featureSet }: SplitRows,
  session: ModelSession,
  { feed }: TrainingOptions,
): Promise<Importance[]> {
  const newest = parts.test.slice(-IMPORTANCE_ROWS_MAX)
  const columns = featureSet.groups.map(({ at, names }, place) => ({
    feature: nameOfDefinition(feed.features.features[place]!),
    at,
    count: names.length,
  }))
  const labels = Uint8Array.from(newest, (row) => rows.labels[row]!)
  const block = { vectors: rows.vectors(newest), labels, count: newest.length, width: rows.width }
  return importancesOf(session, block, columns)
}

/** The mean of some calls; the first one warms up. */
async function scoringMs(
  session: ModelSession,
  { vectors, width, count }: TestTable,
  nowMs: () => number,
): Promise<number> {
  const thousand = new Float32Array(TIMED_CANDIDATES * width)
  for (let row = 0; row < TIMED_CANDIDATES; row++) {
    const from = (row % count) * width
    thousand.set(vectors.subarray(from, from + width), row * width)
  }
  await session.predict(thousand, TIMED_CANDIDATES)
  const fromMs = nowMs()
  for (let call = 0; call < TIMED_CALLS; call++) await session.predict(thousand, TIMED_CANDIDATES)
  return (nowMs() - fromMs) / TIMED_CALLS
}
