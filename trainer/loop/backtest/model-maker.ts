import type { CompiledFeatureSet } from '#feature-store'
import type { TrainerConfig } from '../../config.ts'
import { type Candidate, candidateOf, goldenVectors } from '../../export/candidate.ts'
import { type ProvableModel, provableModelOf } from '../../export/provable-model.ts'
import { batchSettingsSchema, type LearnerChoice, learnerOf } from '../../learners/choice.ts'
import type { Fitter } from '../../learning/fitter.ts'
import { createWarmFits } from '../../learning/warm-fits.ts'
import type { TrainingExample } from '../../learning/training-example.ts'
import type { TrainingWindow } from './training-window.ts'

export interface ModelMakerParts {
  choice: LearnerChoice
  config: TrainerConfig
  featureSet: CompiledFeatureSet
  fitter: Fitter
  window: TrainingWindow
  /** How much of the fit of a moment is done, 0..1. */
  onFit(fit: { learner: string; atMs: number; share: number }): void
}

/** One learner, and the model files it makes: those that would go live. */
export interface ModelMaker {
  take(example: TrainingExample): void
  /** A model of what is known at the moment of asking; undefined: the window does not hold both labels. */
  make(atMs: number): Promise<Candidate | undefined>
}

export function createModelMaker(parts: ModelMakerParts): ModelMaker {
  const { choice, config, featureSet, window } = parts
  const { objective, promotion } = config
  const { width } = featureSet
  const task = { width, graphName: `${choice.name}-${objective}`, columns: featureSet.names }
  const chosen = learnerOf(choice, task)
  const { seed, halfLifeMinutes, anewShare } = batchSettingsSchema.parse(choice)
  const fits = createWarmFits(parts.fitter, anewShare)
  let sequence = 0

  function fitted(golden: Float32Array, atMs: number): Promise<ProvableModel> {
    const rows = window.rows(halfLifeMinutes)
    const progress = (share: number) => parts.onFit({ learner: choice.name, atMs, share })
    // Nothing gives a fit up: whoever stops a backtest gets the figures of what was played.
    const { signal } = new AbortController()
    return fits.fit({ choice, task, rows, seed, goldenVectors: golden }, window.added, { signal, progress })
  }

  return {
    take(example) {
      if (chosen.kind === 'online') chosen.learner.update(example)
    },
    async make(atMs) {
      window.moveTo(atMs)
      if (!window.hasBothLabels) return undefined
      sequence += 1
      // All of this moment: the window goes on while a fit runs.
      const facts = { sequence, trainedOn: { fromMs: window.fromMs, toMs: atMs } }
      const golden = goldenVectors(window.last(promotion.goldenRows), width)
      const model =
        chosen.kind === 'online'
          ? provableModelOf(chosen.learner.model(), golden)
          : await fitted(golden, atMs)
      return candidateOf({
        ...facts,
        model,
        learner: choice.name,
        objective,
        featureSet,
        goldenTolerance: promotion.goldenTolerance,
        createdAtMs: atMs,
      })
    },
  }
}
