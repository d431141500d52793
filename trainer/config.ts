import { z } from 'zod'
import { calibrationConfigSchema } from './calibration/config.ts'
import { type DriftConfig, driftConfigSchema } from './drift/drift-config.ts'
import { joinerLimits } from './joiner/limits-config.ts'
import { learnerChoiceSchema } from './learners/choice.ts'
import { ftrlConfigSchema } from './learners/ftrl.ts'
import { retrainConfigSchema, windowConfigSchema } from './learning/window-config.ts'
import { type SliceConfig, slicesSchema } from './slice-config.ts'
import { trackingConfigSchema } from './tracking/config.ts'
import { type LabelConfig, labelSchema, LABEL_MINUTES_MAX } from './label-config.ts'

const LEARNERS_MAX = 16 // each holds a model, and up to two sessions while it is judged

export { driftConfigSchema }
export type { DriftConfig, LabelConfig, SliceConfig }

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
    standingEveryExamples: z
      .int()
      .min(100)
      .default(1_000)
      .describe(
        'examples after which the models on trial are compared on the same ones, for `models list`: a record for each of them',
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
    strayFileMinutes: z
      .number()
      .min(0)
      .default(10)
      .describe(
        'age from which a file is withdrawn that no model needs, as a kill between file and move leaves it: longer than an import is between the two',
      ),
    goldenRows: z
      .int()
      .min(16)
      .max(1_000)
      .default(32)
      .describe('recent examples a model file must reproduce'),
    goldenTolerance: z.number().positive().default(1e-5),
    skewShareMax: z
      .number()
      .min(0)
      .max(1)
      .default(0.001)
      .describe(
        'nothing is promoted while more of the served vectors that `run skew` computes again differ from what the log gives',
      ),
    skewForgottenMinutes: z
      .number()
      .positive()
      .default(10)
      .describe('what was told of them longer ago counts no more: who told it may be gone'),
  })
  .refine((config) => config.freshExamplesMin <= config.freshExamplesMax, {
    path: ['freshExamplesMin'],
    error: 'must not exceed freshExamplesMax',
  })
export type PromotionConfig = z.infer<typeof promotionConfigSchema>

export const trainerLimitsSchema = z.strictObject({
  ...joinerLimits,
  rebuildExamplesMax: z
    .int()
    .min(1)
    .default(50_000)
    .describe('examples read again at a start: seconds of work, and more than drift and causes look back'),
  erasureRebuildSeconds: z
    .int()
    .min(1)
    .default(60)
    .describe(
      'after an erasure the learner is built again from the log, without what was erased: once in so many seconds, and that late, at most',
    ),
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

/** What a feed learns with that says nothing about it: why, and what it was measured against, is in learning/README.md. */
export const DEFAULT_LEARNER = 'logistic'

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
        'where predictions and the window of examples lie that memory does not hold; nothing in it outlives its process. Left out: the folder for temporary files of the system',
      ),
    outcomeTypes: z
      .array(z.string().min(1))
      .default(['shown'])
      .describe('types that only the outcomes topic tells: labels know these and features.interactionTypes'),
    objective: z.string().min(1).default('click').describe('the label that models predict'),
    learner: ftrlConfigSchema.optional().describe('FTRL, and it alone, with these settings'),
    learners: z
      .array(learnerChoiceSchema)
      .min(1)
      .max(LEARNERS_MAX)
      .optional()
      .describe(
        'learners whose models challenge the champion; left out: `learner`, or `logistic` without one',
      ),
    window: windowConfigSchema
      .optional()
      .describe('which examples a retrain is made of; left out: the last limits.recentExamplesMax'),
    retrain: retrainConfigSchema.prefault({}),
    slices: slicesSchema,
    promotion: promotionConfigSchema.prefault({}),
    calibration: calibrationConfigSchema.prefault({}),
    drift: driftConfigSchema.prefault({}),
    tracking: trackingConfigSchema.prefault({}),
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
  .transform(({ learner, learners, ...rest }) => ({
    ...rest,
    learners: learners ?? [
      learnerChoiceSchema.parse(
        learner === undefined ? { use: DEFAULT_LEARNER } : { use: 'ftrl', ...learner },
      ),
    ],
  }))
export type TrainerConfig = z.infer<typeof trainerConfigSchema>
