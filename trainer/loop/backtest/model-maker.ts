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
import { withChosenSettings } from '../../learning/settings-choice.ts'
import { asTaught, type TrainingExample } from '../../learning/training-example.ts'
import { createWarmFits } from '../../learning/warm-fits.ts'
import { createStackedMaker } from './stacked-maker.ts'
import type { TrainingWindow } from './training-window.ts'

const MINUTE_MS = 60_000

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
  const { width, names: columns, buckets } = featureSet
  const names = { graphName: `${choice.name}-${objective}`, label: objective, featureSetId: featureSet.id }
  const task = { width, ...names, columns, buckets }
  const chosen = learnerOf(choice, task)
  const { seed, halfLifeMinutes, anewShare } = batchSettingsSchema.parse(choice)
  const fits = createWarmFits(withChosenSettings(parts.fitter), anewShare)
  let sequence = 0
  const windowRows = () => window.rows(halfLifeMinutes)

  function fit(rows: TrainingRows, goldenVectors: Float32Array, atMs: number): Promise<ProvableModel> {
    const progress = (share: number) => parts.onFit({ learner: choice.name, atMs, share })
    // Nothing gives a fit up: whoever stops a backtest gets the figures of what was played.
    const { signal } = new AbortController()
    return fits.fit({ choice, task, rows, seed, goldenVectors }, window.added, { signal, progress })
  }

  const making = makingOf()
  function makingOf() {
    switch (chosen.kind) {
      case 'batch':
        return {
          take: () => undefined,
          make: (golden: Float32Array, atMs: number) => fit(windowRows(), golden, atMs),
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
          fit: (rows, atMs) => fit(rows, new Float32Array(), atMs),
        })
    }
  }

  return {
    take: (example) => making.take(asTaught(example)),
    async make(atMs) {
      window.moveTo(atMs)
      if (!window.hasBothLabels) return undefined
      sequence += 1
      // All of this moment: the window goes on while a fit runs.
      const facts = { sequence, trainedOn: { fromMs: window.fromMs, toMs: atMs } }
      const golden = goldenVectors(window.last(promotion.goldenRows), width)
      const model = await making.make(golden, atMs)
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
