import { z } from 'zod'
import { LABEL_MINUTES_MAX } from '../label-config.ts'

const MIB = 1_024 * 1_024
const GIB = 1_024 * MIB

/** Those of `trainer.limits` that bound what waits to be joined. */
export const joinerLimits = {
  graceMinutes: z
    .number()
    .min(0)
    .max(LABEL_MINUTES_MAX)
    .default(1)
    .describe(
      'event time that outcomes may arrive behind the stream: phones deliver late, and each minute delays every example by one',
    ),
  pendingPredictionsMax: z
    .int()
    .min(1)
    .optional()
    .describe(
      'predictions waiting for their outcomes, per partition; left out: the two bounds in bytes alone count. Beyond a bound the source that is ahead waits, what still comes is counted as overflowed',
    ),
  pendingBytesMax: z
    .int()
    .min(64 * 1_024)
    .default(256 * MIB)
    .describe(
      'memory of what waits for its outcomes, all partitions of a process: some 300 bytes of each prediction stay there, the rest goes to disk when it does not fit',
    ),
  pendingDiskBytesMax: z
    .int()
    .min(0)
    .default(8 * GIB)
    .describe(
      'disk for what does not fit, in trainer.scratchFolder, per process; 0: memory alone. Three million predictions of ten items with 40 features take it',
    ),
  earlyOutcomesMax: z
    .int()
    .min(1)
    .default(100_000)
    .describe(
      'outcomes waiting for their prediction, per partition: twice the predictions, since several belong to each',
    ),
  rememberedPredictionsMax: z
    .int()
    .min(1)
    .default(50_000)
    .describe('matured ids kept to know duplicates and late outcomes, per partition: as many as may wait'),
  streamJumpMinutesMax: z
    .number()
    .positive()
    .default(60)
    .describe(
      'a record farther ahead of its stream moves it only when others follow: one wrong clock must not mature everything',
    ),
  streamJumpRecordsMin: z
    .int()
    .min(1)
    .default(5)
    .describe(
      'so many others: a handful of wrong clocks at the same time is unlikely, a quiet night still gets on',
    ),
}
