import { z } from 'zod'

/** Part of the rows that is judged by itself. */
const sliceSchema = z.strictObject({
  of: z.enum(['user', 'item', 'context']).describe('whose attribute'),
  attribute: z
    .string()
    .min(1)
    .describe('a part for each of its values, the first one where there are several'),
})
export type SliceConfig = z.infer<typeof sliceSchema>

const SLICES_MAX = 16

export const slicesSchema = z
  .array(sliceSchema)
  .max(SLICES_MAX)
  .default([])
  .describe('parts of the rows that a backtest judges by themselves')
