import { z } from 'zod'

export const LABEL_MINUTES_MAX = 60 * 24 * 30

/** What makes a shown item a positive or a negative of one label. */
export const labelSchema = z.strictObject({
  positive: z.array(z.string().min(1)).min(1).describe('outcome or interaction types that make the label 1'),
  shown: z
    .array(z.string().min(1))
    .min(1)
    .default(['shown', 'view'])
    .describe('types that say the item was seen; an item nobody saw is no example'),
  horizonMinutes: z
    .number()
    .positive()
    .max(LABEL_MINUTES_MAX)
    .default(10)
    .describe('event time after the showing within which a positive counts'),
})
export type LabelConfig = z.infer<typeof labelSchema>
