import { setImmediate } from 'node:timers/promises'
import { type ProvableModel, provableModelOf } from '../../export/provable-model.ts'
import { type LearnerChoice, learnerOf } from '../../learners/choice.ts'
import {
  exampleAt,
  type LearnerTask,
  type OnlineLearner,
  type TrainedModel,
  type TrainingRows,
} from '../../learners/learner.ts'
import type { Fitter } from '../../learning/fitter.ts'
import { withChosenSettings } from '../../learning/settings-choice.ts'
import { logLoss } from '../../metrics/index.ts'

export interface FitOnceParts {
  choice: LearnerChoice
  task: LearnerTask
  /** Makes a copy each time: a fit may move its rows away. */
  rows(): TrainingRows
  /** On which an online learner's number of rounds is chosen. */
  validation: Pick<TrainingRows, 'vectors' | 'labels'>
  /** Passes over the rows that an online learner makes at most. */
  roundsMax: number
  seed: number
  goldenVectors: Float32Array
  /** Whether the trainer may choose settings that are not given. */
  choosesSettings: boolean
  fitter: Pick<Fitter, 'fit'>
  signal: AbortSignal
  progress(share: number): void
}

export interface FittedOnce {
  model: ProvableModel
  /** Of an online learner: log-loss on the validation rows after each pass, nats. */
  rounds: readonly number[]
}

/** A model of all rows at once, whatever kind of learner makes it. */
export async function fitOnce(parts: FitOnceParts): Promise<FittedOnce> {
  const chosen = learnerOf(parts.choice, parts.task)
  switch (chosen.kind) {
    case 'batch':
      return { model: await fitted(parts, parts.goldenVectors), rounds: [] }
    case 'online':
      return passedOver(chosen.learner, parts)
    case 'stacked': {
      const base = await fitted(parts, new Float32Array())
      chosen.learner.onto(base.onnx, parts.rows())
      return { model: provableModelOf(chosen.learner.model(), parts.goldenVectors), rounds: [] }
    }
  }
}

function fitted(parts: FitOnceParts, goldenVectors: Float32Array): Promise<ProvableModel> {
  const { choice, task, seed, fitter, choosesSettings, signal, progress } = parts
  const by = choosesSettings ? withChosenSettings(fitter) : fitter
  return by.fit({ choice, task, rows: parts.rows(), seed, goldenVectors }, { signal, progress })
}

/** Rows after which the terminal and signals are heard. */
const ROWS_UNHEARD_MAX = 2_000

/** Pass after pass in the order of time, as long as the validation rows are said better; the best one is the model. */
async function passedOver(learner: OnlineLearner, parts: FitOnceParts): Promise<FittedOnce> {
  const { validation, roundsMax, goldenVectors, signal, progress } = parts
  const rows = parts.rows()
  const losses: number[] = []
  let best: TrainedModel | undefined
  for (let round = 0; round < roundsMax; round++) {
    for (let row = 0; row < rows.count; row++) {
      learner.update(exampleAt(rows, row))
      if (row % ROWS_UNHEARD_MAX !== 0) continue
      progress((round + row / rows.count) / roundsMax)
      await setImmediate()
      if (signal.aborted) break
    }
    const model = learner.model()
    const scores = model.scoresOf(validation.vectors)
    losses.push(logLoss(Array.from(scores, (score, at) => ({ score, label: validation.labels[at]! })))!)
    if (losses.at(-1)! > Math.min(...losses)) break
    best = model
  }
  progress(1)
  return { model: provableModelOf(best!, goldenVectors), rounds: losses }
}
