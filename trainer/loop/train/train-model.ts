import { type Candidate, candidateOf, goldenVectors } from '../../export/candidate.ts'
import type { LearnerChoice } from '../../learners/choice.ts'
import type { LearnerTask } from '../../learners/learner.ts'
import { fitOnce } from './fit-once.ts'
import { type MockRows, withMockRows } from './mock-rows.ts'
import type { SplitRows, TrainingOptions } from './training.ts'

export function learnerTaskOf(
  { featureSet: { width, names, buckets } }: SplitRows,
  choice: LearnerChoice,
  objective: string,
): LearnerTask {
  return { width, graphName: `${choice.name}-${objective}`, columns: names, buckets }
}

export interface LearnedFrom {
  /** Of the training part's rows; undefined: all weigh 1. */
  weights: Float32Array | undefined
  /** Learned from beside the training part. */
  mock?: MockRows | undefined
}

/** The learner fitted to the training part, as a file with its proof and manifest. */
export async function trainModel(
  split: SplitRows,
  { weights, mock }: LearnedFrom,
  options: TrainingOptions,
): Promise<{ candidate: Candidate; rounds: readonly number[] }> {
  const { rows, parts, featureSet } = split
  const { choice, feed, seed, fitter, signal, roundsMax } = options
  const { objective, promotion } = feed.trainer
  const golden = parts.train.slice(-promotion.goldenRows)
  const recent = Array.from(golden, (row) => ({ vector: rows.vectors(Int32Array.of(row)) }))
  const { model, rounds } = await fitOnce({
    choice,
    task: learnerTaskOf(split, choice, objective),
    rows() {
      const real = rows.training(parts.train, weights?.slice())
      return mock === undefined ? real : withMockRows(real, mock)
    },
    validation: {
      vectors: rows.vectors(parts.validation),
      labels: Uint8Array.from(parts.validation, (row) => rows.labels[row]!),
    },
    roundsMax,
    seed,
    goldenVectors: goldenVectors(recent, featureSet.width),
    choosesSettings: true,
    fitter,
    signal,
    progress: options.onFit,
  })
  const candidate = candidateOf({
    model,
    learner: choice.name,
    objective,
    featureSet,
    sequence: 1,
    goldenTolerance: promotion.goldenTolerance,
    trainedOn: { fromMs: rows.occurredAtMs[parts.train[0]!]!, toMs: parts.validationFromMs },
    createdAtMs: Math.floor(options.stopwatch.nowMs()),
  })
  return { candidate, rounds }
}
