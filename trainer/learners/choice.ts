import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { externalLearner } from './external.ts'
import { LEARNERS } from './index.ts'
import type { AnyLearnerEntry, LearnerTask, OnlineLearner } from './learner.ts'
import { createSettingsRace } from './settings-race.ts'

/** The learners of the list, and programs of others: these have no default. */
const ALL_LEARNERS = { ...LEARNERS, external: externalLearner } as const
type Learners = typeof ALL_LEARNERS
type LearnerUse = keyof Learners

const nameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/)
  .max(40)
  .describe('begins the ids of its models; left out: as `use`')

/** What the trainer does for a learner that learns online. */
const onlineSettingsSchema = z.object({
  settings: z
    .enum(['auto', 'fixed'])
    .optional()
    .describe(
      'auto: several settings learn side by side, and the one that said best what came next is used; what is given stays; left out: fixed',
    ),
})

/** What the trainer does for a learner that is fitted to many rows. */
export const batchSettingsSchema = z.object({
  halfLifeMinutes: z
    .number()
    .positive()
    .optional()
    .describe('event time in which the weight of an example halves; left out: all count the same'),
  settings: z
    .enum(['auto', 'fixed'])
    .optional()
    .describe(
      'auto: what is left at its default is chosen among a few forms, on the latest examples, now and then; left out: auto as long as none of it is given',
    ),
  anewShare: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      'new examples, as a share of those of the last fit that began anew, from which the next one does; others go on from its model, if the learner can. 0: all begin anew',
    ),
  seed: z.int().min(0).default(1).describe('of all chance in a fit'),
})

/** What the trainer does for a learner of two parts, beside that. */
export const stackedSettingsSchema = z.object({
  ...batchSettingsSchema.shape,
  fitEveryMinutes: z
    .number()
    .positive()
    .default(360)
    .describe('event time between two fits of the part that is fitted, at least'),
})

const MORE_SETTINGS = {
  online: onlineSettingsSchema,
  batch: batchSettingsSchema,
  stacked: stackedSettingsSchema,
} as const
type MoreSettings = typeof MORE_SETTINGS

type SettingsOf<
  Use extends LearnerUse,
  Side extends 'input' | 'output',
> = Learners[Use]['settings']['_zod'][Side] & MoreSettings[Learners[Use]['kind']]['_zod'][Side]
/** One of `learners`: which, under what name, and its settings. */
export type LearnerChoice = {
  [Use in LearnerUse]: SettingsOf<Use, 'output'> & { use: Use; name: string }
}[LearnerUse]
export type LearnerChoiceInput = {
  [Use in LearnerUse]: SettingsOf<Use, 'input'> & { use: Use; name?: string | undefined }
}[LearnerUse]

const entries: Readonly<Record<LearnerUse, AnyLearnerEntry>> = ALL_LEARNERS
const [first, ...others] = Object.entries(entries).map(([use, { kind, settings }]) =>
  z.strictObject({
    use: z.literal(use),
    name: nameSchema.default(use),
    ...settings.shape,
    ...MORE_SETTINGS[kind].shape,
  }),
)

/** One form per learner of the list. The cast says which settings belong to which `use`: a mapped list cannot. */
export const learnerChoiceSchema = z.discriminatedUnion('use', [first!, ...others]) as unknown as z.ZodType<
  LearnerChoice,
  LearnerChoiceInput
>

/** `learners: [external({ command: ['python3', 'train.py'] })]`: a program of yours as a learner. */
export const external = (
  settings: SettingsOf<'external', 'input'> & { name?: string | undefined },
): LearnerChoiceInput => ({ use: 'external', ...settings })

/** The learner that was chosen, with what kind it is. */
export function learnerOf(choice: LearnerChoice, task: LearnerTask) {
  const entry = entries[choice.use]
  switch (entry.kind) {
    case 'online':
      return { kind: entry.kind, learner: onlineOf(choice, (settings) => entry.create(settings, task)) }
    case 'batch':
      return { kind: entry.kind, learner: entry.create(choice, task) }
    case 'stacked':
      return { kind: entry.kind, learner: entry.create(choice, task) }
  }
}

/** With `settings: 'auto'` one of each form, side by side. */
function onlineOf(choice: LearnerChoice, create: (settings: object) => OnlineLearner): OnlineLearner {
  const forms = Object.entries(choice.settings === 'auto' ? formsOf(choice) : {})
  if (forms.length === 0) return create(choice)
  const given = givenSettings(choice)
  return createSettingsRace(
    Object.fromEntries(forms.map(([name, form]) => [name, create({ ...choice, ...form, ...given })])),
  )
}

/** What the trainer may choose among for this learner, by name; none: its settings are those given. */
export const formsOf = ({ use }: LearnerChoice) => entries[use].forms ?? {}

/** What differs from its default. */
export function givenSettings(choice: LearnerChoice): Readonly<Record<string, unknown>> {
  const defaults: Readonly<Record<string, unknown>> = learnerChoiceSchema.parse({ use: choice.use })
  return Object.fromEntries(
    Object.entries(choice).filter(([name, value]) => !isDeepStrictEqual(defaults[name], value)),
  )
}
