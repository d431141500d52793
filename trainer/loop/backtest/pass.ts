import {
  type CompiledFeatureSet,
  compileFeatureSet,
  createFeaturesInOrder,
  type FeaturesInOrder,
} from '#feature-store'
import { streamsConfigSchema } from '#streams'
import { type Baselines, createBaselines } from './baselines.ts'
import { type Contender, createContender, type Gate } from './contender.ts'
import { createExampleJoin, type ExampleJoin } from './example-join.ts'
import type { Growing } from './growing.ts'
import { createModelMaker } from './model-maker.ts'
import { createOutcomeQueue, type OutcomeQueue } from './outcome-queue.ts'
import { type PlayCounts, type PlayOptions, PREVIOUS_CHAMPION, type ScoreColumn } from './played.ts'
import { createSlicer, type Slicer } from './slices.ts'
import { createRowTable, type RowTable } from './row-table.ts'
import { createScoring, newScores, type ScoredColumn, type Scoring } from './scoring.ts'
import { createTrainingWindow, type TrainingWindow } from './training-window.ts'

/** What a pass holds. */
export interface Pass {
  options: PlayOptions
  featureSet: CompiledFeatureSet
  features: FeaturesInOrder
  queue: OutcomeQueue
  join: ExampleJoin
  rows: RowTable
  slicer: Slicer
  window: TrainingWindow
  baselines: Baselines
  contenders: Contender[]
  columns: (ScoredColumn & Pick<ScoreColumn, 'name' | 'kind' | 'gate'>)[]
  told: { baseRate: Growing<Float32Array>; itemRate: Growing<Float32Array> }
  scoring: Scoring
  counts: PlayCounts
}

/** Of a feed that does not say. */
const PARTITIONS_DEFAULT = streamsConfigSchema.parse({}).kafka.partitions

/** The newest rows, on which is measured what features are worth. */
const IMPORTANCE_ROWS = 2_000

export function openPass(options: PlayOptions): Pass {
  const { feed, windowMs, gates } = options
  const featureSet = compileFeatureSet(feed.features)
  const window = createTrainingWindow({
    width: featureSet.width,
    windowMs,
    lastMax: Math.max(feed.trainer.promotion.goldenRows, IMPORTANCE_ROWS),
  })
  const context = { ...options, config: feed.trainer, featureSet, window }
  const pass: Partial<Pass> = {}
  const settleScores = () => pass.scoring!.settle()
  const contenders = feed.trainer.learners.map((choice) => {
    const maker = createModelMaker({ ...context, choice, progress: () => undefined })
    return createContender({ ...context, choice, maker, settleScores })
  })
  const columns = contenders.flatMap((contender, place) => {
    const columnOf = (name: string, who: Gate | 'previous') => ({
      name,
      kind: who === 'previous' ? ('baseline' as const) : ('learner' as const),
      gate: who === 'previous' ? ('none' as const) : who,
      scores: newScores(),
      serving: () => contender.serving(who),
    })
    const behind = gates.map((gate) => columnOf(contender.name, gate))
    return place === 0 ? [...behind, columnOf(PREVIOUS_CHAMPION, 'previous')] : behind
  })
  return Object.assign(pass, {
    options,
    featureSet,
    features: createFeaturesInOrder(featureSet, feed.partitions ?? PARTITIONS_DEFAULT),
    queue: createOutcomeQueue(),
    join: createExampleJoin(feed.trainer, featureSet),
    rows: createRowTable(),
    slicer: createSlicer(feed.trainer.slices),
    window,
    baselines: createBaselines(),
    contenders,
    columns,
    told: { baseRate: newScores(), itemRate: newScores() },
    scoring: createScoring(columns, featureSet.width),
    counts: {
      ...{ requests: 0, interactions: 0, refused: 0, repeated: 0 },
      ...{ duplicateRequests: 0, shownLate: 0, crowdedOut: 0 },
    },
  })
}
