import { z } from 'zod'
import { detectorSettingsSchema, watches } from './detectors/index.ts'

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
