import { z } from 'zod'
import { calibrationConfigSchema } from './calibration/config.ts'
import { detectorSettingsSchema, watches } from './drift/detectors/index.ts'
import { joinerLimits } from './joiner/limits-config.ts'
import { learnerChoiceSchema } from './learners/choice.ts'
import { ftrlConfigSchema } from './learners/ftrl.ts'
import { type SliceConfig, slicesSchema } from './slice-config.ts'
import { type LabelConfig, labelSchema, LABEL_MINUTES_MAX } from './label-config.ts'

/** Each holds a model, and up to two sessions while it is judged. */
const LEARNERS_MAX = 16

export type { LabelConfig, SliceConfig }

export const promotionConfigSchema = z
  .strictObject({
    firstCandidateExamples: z
      .int()
      .min(1)
      .default(1_500)
      .describe('matured examples learned before a model is proposed while none serves'),
    candidateEveryExamples: z.int().min(1).default(3_000).describe('examples learned between two proposals'),
    freshExamplesMin: z
      .int()
      .min(1)
      .default(2_000)
      .describe('examples matured after the snapshot on which a candidate is judged'),
    freshExamplesMax: z
      .int()
      .min(1)
      .default(10_000)
      .describe('judged here even when freshPositivesMin was not reached'),
    freshPositivesMin: z.int().min(1).default(30).describe('positives among the fresh examples'),
    firstNormalizedEntropyMax: z
      .number()
      .positive()
      .max(1)
      .default(1)
      .describe(
        'a first model serves below this; 1 is the base rate itself, and nothing above it ever serves first',
      ),
    improvementMin: z
      .number()
      .min(0)
      .max(1)
      .default(0.003)
      .describe("share of the champion's log-loss that a candidate must save"),
    improvementZMin: z
      .number()
      .min(0)
      .default(1)
      .describe('standard errors by which the paired difference must exceed 0'),
    calibrationTolerance: z
      .number()
      .positive()
      .default(0.3)
      .describe('mean score over base rate may differ this much from 1'),
    newestExamples: z
      .int()
      .min(1)
      .default(500)
      .describe(
        'last of the fresh examples, which the mean score must fit, too: a mean over an outage and what came after fits neither',
      ),
    artifactChunkBytes: z
      .int()
      .min(1_024)
      .max(512 * 1_024)
      .default(512 * 1_024)
      .describe('one record of model-artifacts'),
    retiredKeptMax: z.int().min(1).default(5).describe('retired models whose files stay, for rollback'),
    goldenRows: z
      .int()
      .min(16)
      .max(1_000)
      .default(32)
      .describe('recent examples a model file must reproduce'),
    goldenTolerance: z.number().positive().default(1e-5),
  })
  .refine((config) => config.freshExamplesMin <= config.freshExamplesMax, {
    path: ['freshExamplesMin'],
    error: 'must not exceed freshExamplesMax',
  })
export type PromotionConfig = z.infer<typeof promotionConfigSchema>

const driftFieldsSchema = z.strictObject({
  detector: detectorSettingsSchema
    .refine(({ name }) => watches(name, 'loss'), { path: ['name'], error: 'does not watch losses' })
    .optional()
    .describe('what finds a change in how far scores are off; left out: ADWIN with the next four settings'),
  delta: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe('ADWIN: chance of an alarm in a window without a change (Bifet & Gavalda 2007)'),
  clockExamples: z.int().min(1).optional().describe('ADWIN: the window is examined every so many examples'),
  graceExamples: z.int().min(1).optional().describe('ADWIN: no alarm before so many examples'),
  afterExamplesMin: z
    .int()
    .min(1)
    .optional()
    .describe('ADWIN: the younger side of a cut holds at least so many'),
  settleExamples: z
    .int()
    .min(0)
    .default(1_000)
    .describe('examples of a new champion, and after an alarm, in which an alarm is held back'),
  overpredictionMin: z
    .number()
    .positive()
    .default(0.5)
    .describe('share of the usual score that must no longer come true'),
  overclaimMin: z
    .number()
    .positive()
    .default(0.7)
    .describe('share of what scores tell apart that must no longer be true'),
  lastingOverclaimMin: z
    .number()
    .positive()
    .default(0.35)
    .describe('the same, when it has lasted; less is no alarm, however certain'),
  lastingExamplesMin: z
    .int()
    .min(1)
    .default(3_000)
    .describe('examples since a change from which it has lasted: some hot items can be wrong for a while'),
  retrainExamplesMin: z
    .int()
    .min(1)
    .default(1_500)
    .describe('examples after the change on which its answer is trained'),
  keptShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('of the evidence from before a drift that still counts against new weights'),
  retrainRounds: z.int().min(1).max(50).default(4).describe('passes over them'),
  freshExamplesMin: z.int().min(1).default(1_500).describe('examples on which the answer is judged'),
  psiMin: z
    .number()
    .positive()
    .default(0.25)
    .describe('population stability index from which a feature counts as shifted'),
  flagShareRiseMin: z
    .number()
    .positive()
    .max(1)
    .default(0.05)
    .describe('rise of the share of missing or stale values that counts as a cause'),
})

const ADWIN_FIELDS = ['delta', 'clockExamples', 'graceExamples', 'afterExamplesMin'] as const

/** ADWIN's settings may stand beside `detector` instead of in it, not both: one of them would be passed over. */
export const driftConfigSchema = driftFieldsSchema
  .superRefine((config, context) => {
    if (config.detector === undefined) return
    for (const field of ADWIN_FIELDS) {
      if (config[field] === undefined) continue
      context.addIssue({ code: 'custom', path: [field], message: 'belongs into detector when that is given' })
    }
  })
  .transform(({ detector, delta, clockExamples, graceExamples, afterExamplesMin, ...config }) => ({
    ...config,
    detector:
      detector ??
      detectorSettingsSchema.parse({
        name: 'adwin',
        delta,
        clock: clockExamples,
        gracePeriod: graceExamples,
        minWindowLength: afterExamplesMin,
      }),
  }))
export type DriftConfig = z.infer<typeof driftConfigSchema>

export const trainerLimitsSchema = z.strictObject({
  ...joinerLimits,
  rebuildExamplesMax: z
    .int()
    .min(1)
    .default(50_000)
    .describe('examples read again at a start: seconds of work, and more than drift and causes look back'),
  recentExamplesMax: z
    .int()
    .min(100)
    .default(20_000)
    .describe('examples kept for causes and retraining: more than a drift and its answer are judged on'),
  rememberedExamplesMax: z
    .int()
    .min(1)
    .default(200_000)
    .describe('example ids kept to drop duplicates: four times what a start reads again'),
  fitMinutesMax: z
    .number()
    .positive()
    .max(24 * 60)
    .default(30)
    .describe(
      'wall clock that one fit in a worker thread may take: far above minutes, so only a hung one ends',
    ),
})
export type TrainerLimits = z.infer<typeof trainerLimitsSchema>

/** Section `trainer` of the feed configuration; `parse({})` is the demo feed. */
export const trainerConfigSchema = z
  .strictObject({
    labels: z
      .record(z.string().min(1), labelSchema)
      .default({
        click: { positive: ['click'], shown: ['shown', 'view'], horizonMinutes: 10 },
        like: { positive: ['like'], shown: ['shown', 'view'], horizonMinutes: 10 },
      })
      .describe('every example carries all of them; it matures at its showing + the longest horizon'),
    shownWithinMinutes: z
      .number()
      .positive()
      .max(LABEL_MINUTES_MAX)
      .default(10)
      .describe(
        'event time after the request within which an item must be shown: what a phone shows later is no example, and is counted',
      ),
    scratchFolder: z
      .string()
      .min(1)
      .optional()
      .describe(
        'where predictions wait that memory does not hold; nothing in it outlives its process. Left out: the folder for temporary files of the system',
      ),
    outcomeTypes: z
      .array(z.string().min(1))
      .default(['shown'])
      .describe('types that only the outcomes topic tells: labels know these and features.interactionTypes'),
    objective: z.string().min(1).default('click').describe('the label that models predict'),
    learner: ftrlConfigSchema.optional().describe('settings of FTRL, when it is the only learner'),
    learners: z
      .array(learnerChoiceSchema)
      .min(1)
      .max(LEARNERS_MAX)
      .optional()
      .describe('learners whose models challenge the champion; left out: FTRL alone'),
    slices: slicesSchema,
    promotion: promotionConfigSchema.prefault({}),
    calibration: calibrationConfigSchema.prefault({}),
    drift: driftConfigSchema.prefault({}),
    limits: trainerLimitsSchema.prefault({}),
  })
  .refine((config) => config.objective in config.labels, {
    path: ['objective'],
    error: 'must be one of the labels',
  })
  .refine(({ learner, learners }) => learner === undefined || learners === undefined, {
    path: ['learners'],
    error: 'must not be given together with `learner`',
  })
  .refine(({ learners = [] }) => new Set(learners.map(({ name }) => name)).size === learners.length, {
    path: ['learners'],
    error: 'must have different names: give each a `name`',
  })
  .transform(({ learner = {}, learners, ...rest }) => ({
    ...rest,
    learners: learners ?? [learnerChoiceSchema.parse({ use: 'ftrl', ...learner })],
  }))
export type TrainerConfig = z.infer<typeof trainerConfigSchema>
