import { createRandom } from '#streams'
import { candidateOf } from '../../../export/candidate.ts'
import { linearTrainedModel } from '../../../export/linear-model.ts'
import { provableModelOf } from '../../../export/provable-model.ts'
import { backtestMetrics } from '../../backtest/backtest-metrics.ts'
import { curvesOf } from '../../../metrics/index.ts'
import { pairedDifference } from '../../backtest/paired.ts'
import type { DataReport, MetricsReport, ReadRun, TestTable } from '../../train/index.ts'

export interface SampleRunOptions {
  runId?: string
  lists?: number
  /** In how many of ten lists the model knows which of the two is clicked, as a share. */
  known?: number
}

const START_MS = Date.UTC(2026, 0, 1)
const USERS = 25

/** A run whose figures can be told by hand: lists of two, one of them clicked, scores 0.9 and 0.1. */
export function sampleRun({ runId = 'run', lists = 400, known = 0.9 }: SampleRunOptions = {}): ReadRun {
  const test = sampleTest(lists, known)
  const forecasts = (scores: Float32Array) =>
    Array.from(scores, (score, at) => ({ score, label: test.labels[at]! }))
  const metricsOf = (scores: Float32Array) => backtestMetrics(forecasts(scores), test.requests, 0.5)
  const users = Int32Array.from(test.userIds, (user) => Number(user.slice(1)))
  const against = (scores: Float32Array) =>
    pairedDifference(
      { users, requests: test.requests, one: forecasts(test.scores), other: forecasts(scores) },
      'sample',
    )
  const own = metricsOf(test.scores)
  const metrics: MetricsReport = {
    ...{ runId, modelId: 'model', learner: 'gbdt', label: 'click' },
    ...{ test: own, validation: own, train: own },
    threshold: {
      ...{ threshold: 0.5, cost: 0.1, costOfNever: 0.5, costOfAlways: 0.5, testCost: 0.1, baselineCost: 0.5 },
      ...{ costs: { falsePositive: 1, falseNegative: 1 }, costsGiven: false },
    },
    calibration: {
      ...{
        calibrationId: 'platt-1',
        kind: 'platt',
        rows: 100,
        positives: 50,
        sentence: 'Fitted to 100 rows.',
      },
      ...{ before: own, after: own },
    },
    confusion: { truePositives: 9, falsePositives: 1, falseNegatives: 1, trueNegatives: 9 },
    baselines: [
      { name: 'base rate', test: metricsOf(test.baseRate), model: against(test.baseRate) },
      { name: "item's rate", test: metricsOf(test.itemRate), model: against(test.itemRate) },
    ],
    slices: [{ slice: 'device', value: 'phone', share: 0.5, isRare: false, ...own }],
    importances: [{ feature: 'item_rate', logLoss: 0.1 }],
    ...{ sanity: null, rounds: [] },
    phases: {
      ...{ readSeconds: 1, featuresSeconds: 2, fitSeconds: 3, judgeSeconds: 0 },
      ...{ readMsPerThousand: 1, featuresMsPerThousand: 2, scoringMsPerThousand: 5 },
    },
  }
  return {
    folder: `runs/${runId}`,
    ...sampleModel(),
    metrics,
    data: sampleData(test),
    curves: { ...curvesOf(forecasts(test.scores), test.occurredAtMs), uncalibrated: [] },
    record: {
      ...{ runId, experiment: 'sample', startedAtMs: START_MS, endedAtMs: START_MS },
      ...{ params: {}, metrics: {}, tags: {}, artifacts: [] },
    },
    test,
  }
}

/** A real file that always says a half, whatever the one column holds. */
function sampleModel(): Pick<ReadRun, 'manifest' | 'onnx'> {
  const facts = { examples: 1, rounds: 1, parameters: 1 }
  const trained = linearTrainedModel({ weights: new Float64Array(1), bias: 0 }, 'sample', facts)
  return candidateOf({
    model: provableModelOf(trained, Float32Array.of(0, 1)),
    ...{ learner: 'gbdt', objective: 'click', sequence: 1, goldenTolerance: 1e-5 },
    featureSet: { id: 'set', names: ['item_rate'], width: 1 },
    trainedOn: { fromMs: START_MS, toMs: START_MS },
    createdAtMs: START_MS,
  })
}

function sampleTest(lists: number, known: number): TestTable {
  const random = createRandom('sample-run')
  const [labels, scores]: [number[], number[]] = [[], []]
  for (let list = 0; list < lists; list++) {
    const clicked = random.int(2)
    // Every so many lists: 9 of 10 is exactly that.
    const chosen = list % 10 < known * 10 ? clicked : 1 - clicked
    for (const place of [0, 1]) {
      labels.push(place === clicked ? 1 : 0)
      scores.push(place === chosen ? 0.9 : 0.1)
    }
  }
  const at = Array.from({ length: 2 * lists }, (_, row) => row)
  return {
    ...{ count: at.length, width: 1 },
    occurredAtMs: Float64Array.from(at, (row) => START_MS + row * 60_000),
    requests: Int32Array.from(at, (row) => row >> 1),
    userIds: at.map((row) => `u${String((row >> 1) % USERS)}`),
    itemIds: at.map((row) => `i${String(row % 7)}`),
    labels: Uint8Array.from(labels),
    scores: Float32Array.from(scores),
    baseRate: new Float32Array(at.length).fill(0.5),
    itemRate: new Float32Array(at.length).fill(0.45),
    vectors: new Float32Array(at.length),
  }
}

function sampleData(test: TestTable): DataReport {
  const part = {
    ...{ rows: test.count, positives: test.count / 2, users: USERS, items: 7 },
    ...{ fromMs: START_MS, toMs: test.occurredAtMs.at(-1)! },
  }
  return {
    ...{ dataset: 'sample', featureSetId: 'set', featureNames: ['item_rate'], label: 'click' },
    ...{ rows: test.count * 3, positives: (test.count * 3) / 2, requests: (test.count * 3) / 2 },
    ...{ fromMs: START_MS, toMs: part.toMs },
    split: {
      ...{ shares: { validation: 1 / 3, test: 1 / 3 }, notKnownInTime: 0 },
      ...{ train: part, validation: part, test: part },
    },
    balance: {
      ...{ users: USERS, rowsCounted: 50, capped: 0, busiestShare: { before: 0.04, after: 0.04 } },
      testUsers: { seen: USERS, unseen: 0 },
    },
    audit: { doubled: { rows: 0, first: [] }, contradictory: { rows: 0, first: [] } },
    mockRows: 0,
    leaks: [],
    shifts: [{ column: 'item_rate', movesByItself: true, psi: 0.3, meanBefore: 0, meanAfter: 1 }],
    halves: { before: 0.5, after: 0.5 },
    notes: [],
  }
}
