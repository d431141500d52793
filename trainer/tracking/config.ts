import { z } from 'zod'
import { secretSchema } from '#schemas'

const MIB = 1024 * 1024

/** Section `trainer.tracking`: where runs are told to, and every bound of it. */
export const trackingConfigSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('of an MLflow server, with its path; MLFLOW_TRACKING_URI wins; left out: nothing is tracked'),
  username: z.string().min(1).optional().describe('HTTP Basic; MLFLOW_TRACKING_USERNAME wins'),
  password: secretSchema
    .optional()
    .describe(
      "text, { env: 'NAME' } or { file: '/path' }, read at each request; MLFLOW_TRACKING_PASSWORD or _PASSWORD_FILE wins",
    ),
  token: secretSchema
    .optional()
    .describe('HTTP Bearer, instead of user and password; MLFLOW_TRACKING_TOKEN or _TOKEN_FILE wins'),
  tls: z
    .strictObject({
      caFile: z
        .string()
        .min(1)
        .optional()
        .describe('PEM of the authority that signs an https server; left out: those that Node knows'),
    })
    .optional()
    .describe('MLFLOW_TRACKING_SERVER_CERT_PATH, a variable of MLflow, wins; read at each request'),
  experiment: z
    .string()
    .min(1)
    .optional()
    .describe('of the runs of the live trainer; left out: the prefix of the feed'),
  registeredModel: z
    .string()
    .min(1)
    .regex(/^[^/:.%"']+$/, 'must hold none of / : . % and quotes')
    .optional()
    .describe(
      'its promoted models are versions of this one, and its alias champion is followed; left out: <prefix>-<objective>',
    ),
  runs: z
    .string()
    .min(1)
    .default('runs')
    .describe('folder of runs, one folder each; those of the live trainer wait in `outbox` below it'),
  pollSeconds: z
    .number()
    .min(0.1)
    .max(3_600)
    .default(10)
    .describe('how often the alias champion is read, and a waiting run is looked for: one small request'),
  requestMs: z
    .int()
    .min(100)
    .default(10_000)
    .describe('one request; a server that is slower is tried again later: it answers in 50 ms'),
  uploadMs: z.int().min(100).default(120_000).describe('one file: 20 MB at 2 Mbit/s'),
  retryDelayMs: z
    .int()
    .min(1)
    .default(1_000)
    .describe('before it is tried again; doubles up to retryDelayMaxMs'),
  retryDelayMaxMs: z
    .int()
    .min(1)
    .default(60_000)
    .describe('how soon a server that is back is noticed, and the longest Retry-After that is kept'),
  waitingRunsMax: z
    .int()
    .min(1)
    .default(500)
    .describe('runs of the live trainer that wait; of more the oldest are given up, and counted'),
  waitingBytesMax: z
    .int()
    .min(MIB)
    .default(512 * MIB)
    .describe('the same of their bytes: a disk must not fill because a server is away'),
  artifactBytesMax: z
    .int()
    .min(1)
    .default(256 * MIB)
    .describe('one file, which is read into memory; a larger one is left out, and the run says so'),
  earlierModelsMax: z
    .int()
    .min(0)
    .max(1_000)
    .default(100)
    .describe('models of the log from before this start that are looked up, and told if they are missing'),
})
export type TrackingConfig = z.infer<typeof trackingConfigSchema>
