import { z } from 'zod'

const MiB = 1024 * 1024

/** Section `scorer` of the feed configuration. Every bound says what it bounds and why so much. */
export const scorerConfigSchema = z.strictObject({
  candidatesMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(500)
    .describe(
      'candidates of one request, more is dead-lettered (too_many_candidates): what a retrieval stage hands over, and one read of Redis',
    ),
  idBytesMax: z
    .int()
    .min(1)
    .max(4_096)
    .default(256)
    .describe('request, user and item ids, UTF-8: they are keys, as in features.limits.idBytesMax'),
  contextAttributesMax: z
    .int()
    .min(0)
    .max(1_000)
    .default(64)
    .describe('context attributes of one request: a device, a place and a page, not a profile'),
  vectorsRecordedMax: z
    .int()
    .min(0)
    .max(1_000)
    .default(50)
    .describe(
      'best ranks whose exact vectors the prediction keeps, the rest cannot become examples: more than a feed shows, and a record stays far below streams limits.recordBytesMax',
    ),
  microBatchRequestsMax: z
    .int()
    .min(1)
    .max(1_000)
    .default(64)
    .describe(
      'requests in one store read and one model call: enough to share both, few enough that the first does not wait for the last',
    ),
  microBatchRowsMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(4_096)
    .describe('candidates of all of them together: one model call stays in the milliseconds'),
  explorationShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe(
      'requests that get a uniformly random order: the trainer sees what the model would not show, and a twentieth of the feed pays for it',
    ),
  lateAfterMs: z
    .int()
    .min(1)
    .default(1_000)
    .describe(
      'age (broker time) at which a fetched request counts as late, it is scored all the same: a feed service has given up waiting by then',
    ),
  requestAgeDaysMax: z
    .int()
    .min(0)
    .default(90)
    .describe(
      'event time of a request before the clock, more is dead-lettered (too_old): features are those of now, and nobody waits for a ranking of last season; a simulated feed begins 30 days back; 0 takes any age, for logs that are played again',
    ),
  modelCallMsMax: z
    .int()
    .min(10)
    .default(5_000)
    .describe(
      'one model call, then the answer goes without the model (deadline) and the worker is made anew: far beyond what a call takes, short enough for a feed to recover by itself',
    ),
  artifactBytesMax: z
    .int()
    .min(1)
    .default(64 * MiB)
    .describe(
      'one model file: a linear model takes kilobytes, a forest some megabytes; what is larger is a mistake',
    ),
  artifactsHeldBytesMax: z
    .int()
    .min(1)
    .default(256 * MiB)
    .describe('model files held in memory for promotion and rollback: four of the largest'),
  http: z
    .strictObject({
      host: z
        .string()
        .min(1)
        .default('127.0.0.1')
        .describe('address to listen on: this machine only unless said otherwise'),
      port: z
        .int()
        .min(0)
        .max(65_535)
        .optional()
        .describe(
          'POST /predict, /healthz, /readyz, /metrics; 0 takes a free one: nothing listens unless it is given',
        ),
      waitingMax: z
        .int()
        .min(1)
        .max(100_000)
        .default(1_000)
        .describe(
          'requests that may wait for a micro-batch, one more gets 503: about sixteen micro-batches, beyond which a caller has given up',
        ),
      bodyBytesMax: z
        .int()
        .min(1_024)
        .default(MiB)
        .describe('one request body: candidatesMax ids at their longest take 128 KiB'),
      recordMsMax: z
        .int()
        .min(1)
        .default(500)
        .describe(
          'wait for the acknowledgement of the record, then the answer leaves with recorded: false: a feed must be drawn, brokers or not',
        ),
    })
    .prefault({}),
})

export type ScorerConfig = z.infer<typeof scorerConfigSchema>
