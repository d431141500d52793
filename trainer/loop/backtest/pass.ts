import {
  type CompiledFeatureSet,
  compileFeatureSet,
  createFeaturesInOrder,
  type FeaturesInOrder,
} from '#feature-store'
import { streamsConfigSchema } from '#streams'
import { type Baselines, createBaselines } from './baselines.ts'
import { type Contender, createContender } from './contender.ts'
import { type ChoiceTable, createChoiceTable } from './choice-table.ts'
import { createExampleJoin, type ExampleJoin } from './example-join.ts'
import type { Growing } from './growing.ts'
import { createModelMaker, type ModelMakerParts } from './model-maker.ts'
import { createOutcomeQueue, type OutcomeQueue } from './outcome-queue.ts'
import type { PlayCounts, PlayOptions } from './played.ts'
import { createSlicer, type Slicer } from './slices.ts'
import { createRowTable, type RowTable } from './row-table.ts'
import { newScores } from './scoring.ts'
import { createTrainingWindow, type TrainingWindow } from './training-window.ts'

/** What a pass holds. */
export interface Pass {
  options: PlayOptions
  featureSet: CompiledFeatureSet
  features: FeaturesInOrder
  queue: OutcomeQueue
  join: ExampleJoin
  rows: RowTable
  choices: ChoiceTable
  slicer: Slicer
  window: TrainingWindow
  baselines: Baselines
  contenders: Contender[]
  told: { baseRate: Growing<Float32Array>; itemRate: Growing<Float32Array> }
  counts: PlayCounts
}

/** Of a feed that does not say. */
const PARTITIONS_DEFAULT = streamsConfigSchema.parse({}).kafka.partitions

/** The newest rows, on which is measured what features are worth. */
const IMPORTANCE_ROWS = 2_000

export function openPass(options: PlayOptions): Pass {
  const { feed, windowMs, fitter } = options
  const featureSet = compileFeatureSet(feed.features)
  const window = createTrainingWindow({
    width: featureSet.width,
    windowMs,
    lastMax: Math.max(feed.trainer.promotion.goldenRows, IMPORTANCE_ROWS),
  })
  const counts: PlayCounts = {
    ...{ requests: 0, interactions: 0, refused: 0, repeated: 0 },
    ...{ duplicateRequests: 0, shownLate: 0, crowdedOut: 0, unscored: 0 },
  }
  const context = { ...options, config: feed.trainer, featureSet, window, modelsAhead: fitter.atOnce }
  const onFit: ModelMakerParts['onFit'] = (fit) =>
    options.onProgress({ impressions: counts.requests, occurredAtMs: fit.atMs, fit })
  const contenders = feed.trainer.learners.map((choice, place) => {
    const maker = createModelMaker({ ...context, choice, onFit })
    return createContender({ ...context, choice, maker, withPrevious: place === 0 })
  })
  return {
    options,
    featureSet,
    features: createFeaturesInOrder(featureSet, feed.partitions ?? PARTITIONS_DEFAULT),
    queue: createOutcomeQueue(),
    join: createExampleJoin(feed.trainer, featureSet),
    rows: createRowTable(),
    choices: createChoiceTable(),
    slicer: createSlicer(feed.trainer.slices),
    window,
    baselines: createBaselines(),
    contenders,
    told: { baseRate: newScores(), itemRate: newScores() },
    counts,
  }
}
