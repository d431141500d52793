import type { DataReport, MetricsReport, ReadRun } from '../train/index.ts'
import { bottlenecksOf, type Bottleneck } from './bottlenecks.ts'
import type { OlderModel } from './comparison.ts'
import { feasibilityOf, type Feasibility } from './feasibility.ts'
import { headRooms, type TagHeadRoom } from './head-room.ts'
import { type HalvesDrift, halvesDriftOf } from './halves-drift.ts'
import { nextSteps } from './next-steps.ts'
import { type LoopCost, type ScalingPlan, scalingPlanOf } from './scaling-plan.ts'
import { type ValueEstimate, valueOf } from './value-estimate.ts'

/** What is said of a run. Every sentence is for people who do not build models. */
export interface Evaluation {
  runId: string
  modelId: string
  learner: string
  dataset: string
  label: string
  /** When it was trained, wall clock. */
  trainedAtMs: number
  feasibility: Feasibility
  quality: Pick<
    MetricsReport,
    'test' | 'validation' | 'train' | 'threshold' | 'confusion' | 'baselines' | 'sanity' | 'calibration'
  >
  curves: ReadRun['curves']
  importances: MetricsReport['importances']
  bottlenecks: readonly Bottleneck[]
  scoringMsPerThousand: number
  /** Tags in the order of what fixing them would gain. */
  headRoom: readonly TagHeadRoom[]
  older: OlderModel | null
  drift: HalvesDrift
  audit: DataReport['audit']
  leaks: DataReport['leaks']
  data: Pick<
    DataReport,
    'rows' | 'positives' | 'fromMs' | 'toMs' | 'split' | 'balance' | 'notes' | 'featureSetId'
  >
  scaling: ScalingPlan
  value: ValueEstimate
  next: readonly string[]
}

export interface EvaluationOptions {
  older: OlderModel | null
  cost: LoopCost | undefined
  valuePerClick?: number | undefined
  requestsPerDay?: number | undefined
}

export function evaluationOf(run: ReadRun, { older, cost, ...asked }: EvaluationOptions): Evaluation {
  const { metrics, data, record, curves, test } = run
  const { runId, modelId, learner, label, importances, ...judged } = metrics
  const { validation, train, threshold, confusion, baselines, sanity, calibration } = judged
  const found = {
    ...{ runId, modelId, learner, label, dataset: data.dataset, trainedAtMs: record.endedAtMs },
    feasibility: feasibilityOf(data, judged.test, baselines[0]?.model.normalizedEntropy ?? null),
    quality: { test: judged.test, validation, train, threshold, confusion, baselines, sanity, calibration },
    curves,
    importances,
    bottlenecks: bottlenecksOf(judged.phases),
    scoringMsPerThousand: judged.phases.scoringMsPerThousand,
    headRoom: headRooms(judged.slices, judged.test),
    older,
    drift: halvesDriftOf(data),
    audit: data.audit,
    leaks: data.leaks,
    data: {
      ...{ rows: data.rows, positives: data.positives, fromMs: data.fromMs, toMs: data.toMs },
      ...{ split: data.split, balance: data.balance, notes: data.notes, featureSetId: data.featureSetId },
    },
    scaling: scalingPlanOf(metrics, data, { requestsPerDay: asked.requestsPerDay, cost }),
    value: valueOf(test, { ...asked, label }),
  }
  return { ...found, next: nextSteps(found) }
}
