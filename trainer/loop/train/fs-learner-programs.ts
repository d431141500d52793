import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type LearnerChoice, learnerChoiceSchema } from '../../learners/choice.ts'

/** Learners that are Python programs of the package, by the name that `--learner` takes. */
export const PROGRAMS = {
  xgboost: 'train_xgboost.py',
  lightgbm: 'train_lightgbm.py',
  sklearn: 'train_sklearn.py',
} as const
type ProgramName = keyof typeof PROGRAMS

/** Beside the source, or at the root of an installed package. */
const FOLDERS = [
  join(import.meta.dirname, '..', '..', 'learners', 'external'),
  join(import.meta.dirname, '..', '..', '..', '..', 'trainer', 'learners', 'external'),
]

export const isProgram = (name: string): name is ProgramName => Object.hasOwn(PROGRAMS, name)

/** @param python its command: one with the packages that the program names in its first lines */
export function programChoice(name: ProgramName, python: string): LearnerChoice {
  const path = FOLDERS.map((folder) => join(folder, PROGRAMS[name])).find((file) => existsSync(file))
  return learnerChoiceSchema.parse({ use: 'external', name, command: [python, path ?? PROGRAMS[name]] })
}
