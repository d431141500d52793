import { type ProvableModel, provableModelOf } from '../export/provable-model.ts'
import { type LearnerChoice, learnerOf } from '../learners/choice.ts'
import type { FitOptions, LearnerTask, TrainedModel, TrainingRows } from '../learners/learner.ts'
import { choiceWith, rowsWith, type SettingsForm } from './settings-form.ts'
import { bestForm } from './settings-trial.ts'

/** A fit, as plain data. */
export interface FitRequest {
  choice: LearnerChoice
  task: LearnerTask
  rows: TrainingRows
  seed: number
  /** Rows whose scores come with the model. */
  goldenVectors: Float32Array
  /** Forms of the settings: the one that scores the latest rows best is used. None: the choice as it is. */
  forms?: readonly SettingsForm[] | undefined
  /** The file of an earlier model of the learner, from which it goes on if it can. */
  startFrom?: Uint8Array
}

/** The whole of a fit, of a stacked learner that of its base: what the worker thread does, and tests do in their own. */
export async function fitModel(
  { choice, task, rows, seed, goldenVectors, startFrom, forms = [] }: FitRequest,
  options: Omit<FitOptions, 'seed'>,
): Promise<ProvableModel> {
  async function fit(
    form: SettingsForm | undefined,
    fitted: TrainingRows,
    progress = options.progress,
  ): Promise<TrainedModel> {
    const chosen = learnerOf(form === undefined ? choice : choiceWith(choice, form), task)
    if (chosen.kind === 'online') throw new Error(`${choice.use} learns online: there is nothing to fit`)
    const learner = chosen.kind === 'stacked' ? chosen.learner.base : chosen.learner
    const weighed = form === undefined ? fitted : rowsWith(fitted, form)
    return learner.fit(weighed, { ...options, progress, seed, startFrom, goldenVectors })
  }

  if (forms.length === 0) return provableModelOf(await fit(undefined, rows), goldenVectors)
  const form = await bestForm(
    forms,
    rows,
    async (tried, before) => (await fit(tried, before, () => undefined)).scoresOf,
  )
  const model = await fit(form, rows)
  return provableModelOf({ ...model, facts: { ...model.facts, settings: form.name } }, goldenVectors)
}
