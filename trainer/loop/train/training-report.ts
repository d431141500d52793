import type { LearnerChoice } from '../../learners/choice.ts'
import type { BacktestMetrics } from '../backtest/backtest-metrics.ts'
import type { Curves } from '../../metrics/index.ts'
import type { Importance } from '../backtest/importances.ts'
import type { Paired } from '../backtest/paired.ts'
import type { LabelAudit } from '../datasets/index.ts'
import type { HalfShift, Leak } from './column-checks.ts'
import type { RunCalibration } from './run-calibration.ts'
import type { Confusion, Costs, CostThreshold } from './cost-threshold.ts'
import type { JudgedSlice } from './judged-slices.ts'
import type { PartShares } from './parts-by-time.ts'
import type { Sanity } from './sanity-check.ts'
import type { UserBalance } from './user-balance.ts'

/** A stretch of the rows, event time. */
export interface PartFacts {
  rows: number
  positives: number
  fromMs: number
  toMs: number
  users: number
  items: number
}

/** What the data was (data.json). */
export interface DataReport {
  dataset: string
  featureSetId: string
  /** Columns of the vectors, in their order. */
  featureNames: readonly string[]
  label: string
  rows: number
  positives: number
  requests: number
  fromMs: number
  toMs: number
  split: {
    shares: PartShares
    train: PartFacts
    validation: PartFacts
    test: PartFacts
    notKnownInTime: number
  }
  balance: UserBalance
  audit: LabelAudit
  leaks: readonly Leak[]
  /** First half of the time against the second. */
  shifts: readonly HalfShift[]
  /** Share of positives in the two. */
  halves: { before: number; after: number }
  notes: readonly string[]
  /** Learned from beside the training part; in no other figure here. */
  mockRows: number
}

/** Who is compared with the model. */
export interface JudgedBaseline {
  name: string
  test: BacktestMetrics
  /** The model less it, on the same rows. */
  model: Paired
}

/** What charts of a run draw (curves.json). */
export interface TrainedCurves extends Curves {
  /** Reliability of the test part's scores before calibration. */
  uncalibrated: Curves['reliability']
}

/** How good the model is (metrics.json). */
export interface MetricsReport {
  runId: string
  modelId: string
  learner: string
  label: string
  /** On the part that it was not chosen on. */
  test: BacktestMetrics
  validation: BacktestMetrics
  train: BacktestMetrics
  threshold: CostThreshold & { costs: Costs; costsGiven: boolean; testCost: number; baselineCost: number }
  confusion: Confusion
  calibration: RunCalibration
  baselines: readonly JudgedBaseline[]
  slices: readonly JudgedSlice[]
  importances: readonly Importance[]
  sanity: Sanity | null
  /** Of an online learner: log-loss on the validation part after each pass. */
  rounds: readonly number[]
  phases: Phases
}

/** Wall clock, seconds; what it is per thousand in milliseconds. */
export interface Phases {
  readSeconds: number
  featuresSeconds: number
  fitSeconds: number
  judgeSeconds: number
  readMsPerThousand: number
  featuresMsPerThousand: number
  /** Of a thousand candidates in ONNX Runtime, one call. */
  scoringMsPerThousand: number
}

/** Everything of a run but its files. */
export interface TrainingReport {
  metrics: MetricsReport
  data: DataReport
  curves: TrainedCurves
  choice: LearnerChoice
  seed: number
  startedAtMs: number
  endedAtMs: number
}
