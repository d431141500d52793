import { z } from 'zod'

const MiB = 1024 * 1024

/** Section `scorer` of the feed configuration. */
export const scorerConfigSchema = z.strictObject({
  /** A request with more candidates is dead-lettered as `too_many_candidates`. */
  candidatesMax: z.int().min(1).max(10_000).default(500),
  /** Longest request, user or item id, in UTF-8 bytes. */
  idBytesMax: z.int().min(1).max(4_096).default(256),
  /** Most context attributes of a request. */
  contextAttributesMax: z.int().min(0).max(1_000).default(64),
  /** The prediction keeps the exact vectors of this many best ranks; the rest cannot become examples. */
  vectorsRecordedMax: z.int().min(0).max(1_000).default(50),
  /** Requests, and candidates of all of them together, in one store read and one model call. */
  microBatchRequestsMax: z.int().min(1).max(1_000).default(64),
  microBatchRowsMax: z.int().min(1).max(100_000).default(4_096),
  /** Share of requests that get a uniformly random order, so that the trainer sees what the model would not show. */
  explorationShare: z.number().min(0).max(1).default(0.05),
  /** A request older than this (broker time) when fetched is counted as late. It is scored all the same. */
  lateAfterMs: z.int().min(1).default(1_000),
  /** One model call that takes longer is answered without the model (`deadline`) and restarts the worker. */
  modelCallMsMax: z.int().min(10).default(5_000),
  /** Largest model file, and how many bytes of model files are held for promotion and rollback. */
  artifactBytesMax: z
    .int()
    .min(1)
    .default(64 * MiB),
  artifactsHeldBytesMax: z
    .int()
    .min(1)
    .default(256 * MiB),
  /** POST /predict, /healthz, /readyz and /metrics. Off unless a port is given. */
  http: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      /** 0 takes a free one. */
      port: z.int().min(0).max(65_535).optional(),
      /** Requests that may wait for an answer; one more gets 503. */
      waitingMax: z.int().min(1).max(100_000).default(1_000),
      bodyBytesMax: z.int().min(1_024).default(MiB),
      /** The answer waits this long for its record to be acknowledged, then leaves with `recorded: false`. */
      recordMsMax: z.int().min(1).default(500),
    })
    .prefault({}),
})

export type ScorerConfig = z.infer<typeof scorerConfigSchema>
