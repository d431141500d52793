import type { BucketColumns } from '#feature-store'
import { z } from 'zod'
import { FitError } from '../errors.ts'

/** Examples as one matrix, as learners are fitted to them. Row-major; every column has one entry a row. */
export interface TrainingRows {
  readonly count: number
  readonly width: number
  /** count x width numbers; NaN is missing. */
  readonly vectors: Float32Array
  /** 0 or 1. */
  readonly labels: Uint8Array
  /** Importance: 2 counts as two examples. Left out: all count 1. */
  readonly weights?: Float32Array
  /** Probability with which the item was shown where it was. */
  readonly propensities?: Float32Array
  readonly occurredAtMs?: Float64Array
  readonly itemIds?: readonly string[]
  readonly userIds?: readonly string[]
  /** count x width; bit 0 missing, bit 1 stale. */
  readonly flags?: Uint8Array
}

/** One example as online learners take it. */
export interface OnlineExample {
  /** `width` numbers; NaN is missing. */
  vector: ArrayLike<number>
  label: 0 | 1
  /** Importance, above 0. Left out: 1. */
  weight?: number
  propensity?: number
  occurredAtMs?: number
  itemId?: string
  userId?: string
}

/** A row as online learners take it. */
export function exampleAt({ width, vectors, labels, weights }: TrainingRows, row: number): OnlineExample {
  const vector = vectors.subarray(row * width, (row + 1) * width)
  return { vector, label: labels[row] === 1 ? 1 : 0, weight: weights?.[row] ?? 1 }
}

/** What a model was made of, for its manifest. */
export interface ModelFacts {
  examples: number
  /** Passes over them. */
  rounds: number
  /** Numbers that were learned. */
  parameters: number
  /** Name of the settings that the trainer chose. */
  settings?: string
  /** Metrics that the learner itself tells, until the model is judged. */
  told?: Readonly<Record<string, number>>
}

/** What a learner has learned, as a file and as its own answers. */
export interface TrainedModel {
  /** Input `vectors` [N, width] float32, output `scores` [N, 1] float32: probability of the label. */
  onnx: Uint8Array
  /** What the file must answer, by the learner's own arithmetic. @param vectors rows x width */
  scoresOf(vectors: Float32Array): Float32Array
  facts: ModelFacts
}

/** What a learner is made for. */
export interface LearnerTask {
  width: number
  /** Written into the file: the same model under the same name is the same bytes. */
  graphName: string
  /** Names of the columns, as settings may give them. Left out: their numbers. */
  columns?: readonly string[]
  /** Columns that hold numbers of buckets, which are names. Left out: all are quantities. */
  buckets?: readonly BucketColumns[] | undefined
  /** For whoever reads what a learner hands on. */
  label?: string
  featureSetId?: string
}

/** Learns from one example at a time, never looking back. Its model is there at any time. */
export interface OnlineLearner {
  /** Examples learned so far, again and again included. */
  readonly examples: number
  /** @returns 0..1, before it has learned anything 0.5 */
  predict(vector: ArrayLike<number>): number
  /** @returns the prediction made before learning, so that a pass is also a prequential evaluation */
  update(example: OnlineExample): number
  /**
   * Makes it learn again as fast as in its youth, with what it knows kept.
   * @param share of the evidence that stays, 0..1
   */
  forget(share: number): void
  model(): TrainedModel
}

export interface FitOptions {
  /** All chance comes from it: the same rows and seed give the same bytes. */
  seed: number
  /** Look at it between rounds. In a worker the thread is ended instead. */
  signal: AbortSignal
  /** @param share of the work that is done, 0..1 */
  progress(share: number): void
  /** The file of a model that this learner made earlier: the fit goes on from it, if the learner can. */
  startFrom?: Uint8Array | undefined
  /** Rows of which `scoresOf` of the model will be asked: a learner that cannot score by itself has them scored. */
  goldenVectors?: Float32Array | undefined
}

/** Learns from many rows at once. It may take minutes: it runs in a worker thread, never inside a batch. */
export interface BatchLearner {
  /** @param rows at least one */
  fit(rows: TrainingRows, options: FitOptions): TrainedModel | Promise<TrainedModel>
}

/**
 * Two parts in one model: one that is fitted to many rows now and then, and one on top of it that learns from every
 * example between fits.
 */
export interface StackedLearner extends OnlineLearner {
  /** What is fitted. */
  readonly base: BatchLearner
  /**
   * Goes on on top of a newly fitted base. What was learned on top of the old one is learned again from these rows, since
   * it says what that one left: O(rows), in this thread.
   * @param baseModel the file that `base` made of these rows, or of most of them
   */
  onto(baseModel: Uint8Array, rows: TrainingRows): void
}

/** How a learner stands in the list of learners. */
export interface LearnerEntry<Kind extends string, Settings extends z.ZodObject, Learner> {
  kind: Kind
  settings: Settings
  /** @param choice the settings, checked here; what else is in it is left aside */
  create(choice: unknown, task: LearnerTask): Learner
  /** Settings that the trainer chooses among, by name; those that suit most come first. */
  forms?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}
export type AnyLearnerEntry =
  | LearnerEntry<'online', z.ZodObject, OnlineLearner>
  | LearnerEntry<'batch', z.ZodObject, BatchLearner>
  | LearnerEntry<'stacked', z.ZodObject, StackedLearner>

/** @param settings each with a default: `{}` is a learner that works */
export function onlineLearner<Shape extends z.ZodRawShape>(
  settings: z.ZodObject<Shape>,
  create: (settings: z.output<z.ZodObject<Shape>>, task: LearnerTask) => OnlineLearner,
  forms: Readonly<Record<string, Partial<z.output<z.ZodObject<Shape>>>>> = {},
): LearnerEntry<'online', z.ZodObject<Shape>, OnlineLearner> {
  return {
    kind: 'online',
    settings,
    forms,
    create: (choice, task) => create(z.object(settings.shape).parse(choice), task),
  }
}

/** @param settings each with a default: `{}` is a learner that works */
export function batchLearner<Shape extends z.ZodRawShape>(
  settings: z.ZodObject<Shape>,
  create: (settings: z.output<z.ZodObject<Shape>>, task: LearnerTask) => BatchLearner,
  forms: Readonly<Record<string, Partial<z.output<z.ZodObject<Shape>>>>> = {},
): LearnerEntry<'batch', z.ZodObject<Shape>, BatchLearner> {
  return {
    kind: 'batch',
    settings,
    forms,
    create: (choice, task) => checked(create(z.object(settings.shape).parse(choice), task), task),
  }
}

/** @param settings each with a default: `{}` is a learner that works */
export function stackedLearner<Shape extends z.ZodRawShape>(
  settings: z.ZodObject<Shape>,
  create: (settings: z.output<z.ZodObject<Shape>>, task: LearnerTask) => StackedLearner,
  forms: Readonly<Record<string, Partial<z.output<z.ZodObject<Shape>>>>> = {},
): LearnerEntry<'stacked', z.ZodObject<Shape>, StackedLearner> {
  return {
    kind: 'stacked',
    settings,
    forms,
    create(choice, task) {
      const learner = create(z.object(settings.shape).parse(choice), task)
      return Object.defineProperties({} as StackedLearner, {
        ...Object.getOwnPropertyDescriptors(learner),
        base: { value: checked(learner.base, task), enumerable: true },
      })
    },
  }
}

const checked = (learner: BatchLearner, task: LearnerTask): BatchLearner => ({
  async fit(rows, options) {
    checkRows(rows, task)
    return learner.fit(rows, options)
  },
})

function checkRows({ count, width, vectors, labels }: TrainingRows, task: LearnerTask): void {
  if (count === 0) throw new FitError('fit_empty', 'there are no rows to learn from: take a longer window')
  if (width === task.width && vectors.length === count * width && labels.length === count) return
  const found = `${String(labels.length)} labels and ${String(vectors.length)} numbers`
  const wanted = `${String(count)} rows of ${String(task.width)} columns`
  throw new FitError('fit_failed', `the rows are not ${wanted}: ${found}`)
}

/** Within this a probability never becomes exactly 0 or 1. */
const LOGIT_MAX = 35

export const boundedLogit = (logit: number): number => Math.min(LOGIT_MAX, Math.max(-LOGIT_MAX, logit))

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}
