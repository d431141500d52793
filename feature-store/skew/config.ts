import { z } from 'zod'

/** How much of what is served is computed again (`run skew`). */
export const skewConfigSchema = z.strictObject({
  usersMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(5_000)
    .describe(
      'users whose states are kept beside the store, chosen by a hash of their ids: about a kilobyte each',
    ),
  itemsMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(5_000)
    .describe('the same of items: a vector is checked when its user and its item are among them'),
  vectorsPerSecondMax: z
    .number()
    .positive()
    .default(200)
    .describe('vectors computed again a second at most, in whole predictions: some 10 µs of CPU each'),
  delaySeconds: z
    .number()
    .min(0)
    .max(600)
    .default(5)
    .describe(
      'a vector is computed again so long after it was served: by then what it was made of has been read',
    ),
  waitSecondsMax: z
    .number()
    .positive()
    .max(3_600)
    .default(60)
    .describe(
      'a prediction whose records have not been read by then is left out and counted; states are kept for as long as this',
    ),
  waitingMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(2_000)
    .describe('predictions that wait for their check; more are left out and counted'),
  entriesMax: z
    .int()
    .min(64)
    .max(1_000_000)
    .default(4_096)
    .describe('interactions kept of a user or an item, to know its state at any offset of late'),
  feedEntriesMax: z
    .int()
    .min(64)
    .max(10_000_000)
    .default(200_000)
    .describe('the same of a partition, for rates of the whole feed, and ids of interactions told twice'),
  readBackRecordsMax: z
    .int()
    .min(0)
    .default(1_000_000)
    .describe(
      'a partition with as many records, none of them deleted yet, is folded from its first one; of a longer one states begin with what the store has',
    ),
  windowSeconds: z
    .number()
    .positive()
    .max(86_400)
    .default(300)
    .describe('the share of vectors that differ is told of the last so many seconds'),
  tellSeconds: z
    .number()
    .positive()
    .max(3_600)
    .default(30)
    .describe('while some differ, a record on the drift topic this often'),
})
export type SkewConfig = z.output<typeof skewConfigSchema>
