import { formsOf, givenSettings, type LearnerChoice, learnerChoiceSchema } from '../learners/choice.ts'
import type { TrainingRows } from '../learners/learner.ts'
import { decayedWeights } from './rows.ts'

/** A way to fit: settings in the place of defaults, and how fast the past fades. */
export interface SettingsForm {
  name: string
  settings: Readonly<Record<string, unknown>>
  /** Of the time from the oldest row to the youngest, in which a weight halves; left out: as the choice says. */
  halfLifeShare?: number
}

/** Of the window: its first quarter then counts an eighth of its last. */
const HALF_LIFE_SHARE = 0.25
const MINUTE_MS = 60_000

/**
 * What the trainer may choose among for this learner: each of its forms, and the first with a fading past. Empty: settings are
 * those of the choice.
 *
 * Settings are chosen while all that a form would set is left at its default, or with `settings: 'auto'`, which keeps what
 * differs from its default.
 */
export function settingsFormsOf(choice: LearnerChoice): SettingsForm[] {
  const forms = Object.entries(formsOf(choice))
  if (forms.length === 0) return []
  const given = givenSettings(choice)
  const wanted = choice.settings
  const isGiven = forms.some(([, form]) => Object.keys(form).some((name) => name in given))
  if (wanted === 'fixed' || (wanted === undefined && isGiven)) return []
  const kept = forms.map(([name, form]): SettingsForm => {
    const settings = Object.fromEntries(Object.entries(form).filter(([setting]) => !(setting in given)))
    return { name, settings }
  })
  const [first] = kept
  if (first === undefined || 'halfLifeMinutes' in given) return kept
  return [...kept, { ...first, name: `${first.name}-recent`, halfLifeShare: HALF_LIFE_SHARE }]
}

/** The choice with the settings of a form. */
export function choiceWith(choice: LearnerChoice, { settings }: SettingsForm): LearnerChoice {
  return learnerChoiceSchema.parse({ ...choice, ...settings })
}

/** The rows as a form weighs them. */
export function rowsWith(rows: TrainingRows, { halfLifeShare }: SettingsForm): TrainingRows {
  const { occurredAtMs } = rows
  if (halfLifeShare === undefined || occurredAtMs === undefined) return rows
  const [first, last] = [
    occurredAtMs.reduce((a, b) => Math.min(a, b)),
    occurredAtMs.reduce((a, b) => Math.max(a, b)),
  ]
  if (first === last) return rows
  return { ...rows, weights: decayedWeights(occurredAtMs, (halfLifeShare * (last - first)) / MINUTE_MS) }
}
