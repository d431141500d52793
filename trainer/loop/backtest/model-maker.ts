import type { CompiledFeatureSet } from '#feature-store'
import type { TrainerConfig } from '../../config.ts'
import { type Candidate, candidateOf, goldenVectors } from '../../export/candidate.ts'
import { type ProvableModel, provableModelOf } from '../../export/provable-model.ts'
import {
  batchSettingsSchema,
  type LearnerChoice,
  learnerOf,
  stackedSettingsSchema,
} from '../../learners/choice.ts'
import type { TrainingRows } from '../../learners/learner.ts'
import type { Fitter } from '../../learning/fitter.ts'
import type { TrainingExample } from '../../learning/training-example.ts'
import { createStackedMaker } from './stacked-maker.ts'
import type { TrainingWindow } from './training-window.ts'

const MINUTE_MS = 60_000

export interface ModelMakerParts {
  choice: LearnerChoice
  config: TrainerConfig
  featureSet: CompiledFeatureSet
  fitter: Fitter
  window: TrainingWindow
  signal: AbortSignal
  /** How much of a fit is done, 0..1. */
  progress(share: number): void
}

/** One learner, and the model files it makes: those that would go live. */
export interface ModelMaker {
  take(example: TrainingExample): void
  /** A model of what is known at this moment; undefined: the window does not hold both labels. */
  make(atMs: number): Promise<Candidate | undefined>
}

export function createModelMaker(parts: ModelMakerParts): ModelMaker {
  const { choice, config, featureSet, window } = parts
  const { objective, promotion } = config
  const { width, names: columns, buckets } = featureSet
  const task = { width, graphName: `${choice.name}-${objective}`, columns, buckets }
  const chosen = learnerOf(choice, task)
  let sequence = 0
  const { seed, halfLifeMinutes } = batchSettingsSchema.parse(choice)
  const windowRows = () => window.rows(halfLifeMinutes)

  function fit(rows: TrainingRows, goldenVectors: Float32Array): Promise<ProvableModel> {
    const { signal, progress } = parts
    return parts.fitter.fit({ choice, task, rows, seed, goldenVectors }, { signal, progress })
  }

  const making = makingOf()
  function makingOf() {
    switch (chosen.kind) {
      case 'batch':
        return {
          take: () => undefined,
          make: (golden: Float32Array) => fit(windowRows(), golden),
        }
      case 'online':
        return {
          take: (example: TrainingExample) => void chosen.learner.update(example),
          make: async (golden: Float32Array) => provableModelOf(chosen.learner.model(), golden),
        }
      case 'stacked':
        return createStackedMaker({
          learner: chosen.learner,
          fitEveryMs: stackedSettingsSchema.parse(choice).fitEveryMinutes * MINUTE_MS,
          rows: windowRows,
          // Of the trees alone no row need be proven: the file of the whole is.
          fit: (rows) => fit(rows, new Float32Array()),
        })
    }
  }

  return {
    take: making.take,
    async make(atMs) {
      window.moveTo(atMs)
      if (!window.hasBothLabels) return undefined
      const golden = goldenVectors(window.last(promotion.goldenRows), width)
      const model = await making.make(golden, atMs)
      sequence += 1
      return candidateOf({
        model,
        learner: choice.name,
        objective,
        featureSet,
        sequence,
        goldenTolerance: promotion.goldenTolerance,
        trainedOn: { fromMs: window.fromMs, toMs: atMs },
        createdAtMs: atMs,
      })
    },
  }
}
