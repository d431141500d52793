import type { CompiledFeatureSet } from '#feature-store'
import type { TrainerConfig } from '../../config.ts'
import { type Candidate, candidateOf, goldenVectors } from '../../export/candidate.ts'
import { type ProvableModel, provableModelOf } from '../../export/provable-model.ts'
import { batchSettingsSchema, type LearnerChoice, learnerOf } from '../../learners/choice.ts'
import type { Fitter } from '../../learning/fitter.ts'
import { withChosenSettings } from '../../learning/settings-choice.ts'
import type { TrainingExample } from '../../learning/training-example.ts'
import type { TrainingWindow } from './training-window.ts'

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
  const { width } = featureSet
  const task = { width, graphName: `${choice.name}-${objective}` }
  const chosen = learnerOf(choice, task)
  const fitter = withChosenSettings(parts.fitter)
  let sequence = 0

  function fitted(golden: Float32Array): Promise<ProvableModel> {
    const { seed, halfLifeMinutes } = batchSettingsSchema.parse(choice)
    const rows = window.rows(halfLifeMinutes)
    const { signal, progress } = parts
    return fitter.fit({ choice, task, rows, seed, goldenVectors: golden }, { signal, progress })
  }

  return {
    take(example) {
      if (chosen.kind === 'online') chosen.learner.update(example)
    },
    async make(atMs) {
      window.moveTo(atMs)
      if (!window.hasBothLabels) return undefined
      const golden = goldenVectors(window.last(promotion.goldenRows), width)
      const model =
        chosen.kind === 'online' ? provableModelOf(chosen.learner.model(), golden) : await fitted(golden)
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
