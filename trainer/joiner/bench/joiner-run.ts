import { z } from 'zod'

/** What one process measured with so many predictions waiting. */
export const joinerRunSchema = z.strictObject({
  pending: z.number(),
  /** Predictions and outcomes until so many wait. */
  fill: z.strictObject({ records: z.number(), seconds: z.number(), cpuSeconds: z.number() }),
  /** As many mature as come. */
  steady: z.strictObject({ records: z.number(), seconds: z.number(), cpuSeconds: z.number() }),
  /** All that wait mature at once. */
  drain: z.strictObject({ examples: z.number(), seconds: z.number(), cpuSeconds: z.number() }),
  rssBytes: z.number(),
  heapBytes: z.number(),
  /** As the joiner counts it, against pendingBytesMax. */
  memoryBytes: z.number(),
  diskBytes: z.number(),
  /** Longest time that one batch held the event loop and its lane up, milliseconds. */
  batchMsMax: z.number(),
})
export type JoinerRun = z.infer<typeof joinerRunSchema>
