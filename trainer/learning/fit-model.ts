import { type ProvableModel, provableModelOf } from '../export/provable-model.ts'
import { type LearnerChoice, learnerOf } from '../learners/choice.ts'
import type { FitOptions, LearnerTask, TrainingRows } from '../learners/learner.ts'

/** A fit, as plain data. */
export interface FitRequest {
  choice: LearnerChoice
  task: LearnerTask
  rows: TrainingRows
  seed: number
  /** Rows whose scores come with the model. */
  goldenVectors: Float32Array
  /** The file of an earlier model of the learner, from which it goes on if it can. */
  startFrom?: Uint8Array
}

/** The whole of a fit, of a stacked learner that of its base: what the worker thread does, and tests do in their own. */
export async function fitModel(
  { choice, task, rows, seed, goldenVectors, startFrom }: FitRequest,
  options: Omit<FitOptions, 'seed'>,
): Promise<ProvableModel> {
  const chosen = learnerOf(choice, task)
  if (chosen.kind === 'online') throw new Error(`${choice.use} learns online: there is nothing to fit`)
  const fitted = chosen.kind === 'stacked' ? chosen.learner.base : chosen.learner
  return provableModelOf(await fitted.fit(rows, { ...options, seed, startFrom }), goldenVectors)
}
