import { z } from 'zod'
import { FITTED_KINDS } from './choose-calibration.ts'

/** How often scores are brought back to what comes true, and by what. */
export const calibrationConfigSchema = z.strictObject({
  kinds: z
    .array(z.enum(FITTED_KINDS))
    .default([...FITTED_KINDS])
    .describe('what may be chosen, by later examples; none: scores stay as models answer them'),
  everyMinutes: z
    .number()
    .positive()
    .default(60)
    .describe('event time between two fits for the same model, at least'),
  examplesMax: z
    .int()
    .min(100)
    .default(20_000)
    .describe('the latest examples that matured after the model was trained: it is fitted to these alone'),
})
export type CalibrationConfig = z.infer<typeof calibrationConfigSchema>
