import { z } from 'zod'
import { DEFAULT_FEATURES } from './default-features.ts'
import { featureDefinitionSchema } from './definitions.ts'
import { definitionMistakes } from './definition-mistakes.ts'
import { FeatureConfigError } from './errors.ts'
import { nameSchema } from './kinds/parts/settings.ts'
import { skewConfigSchema } from './skew/config.ts'
import { openSuite, suiteSchema } from './validation/suite.ts'

const attributeKinds = z.record(nameSchema, z.enum(['text', 'texts', 'number']))

const attributesSchema = z.strictObject({
  user: attributeKinds.default({ segment: 'text' }),
  item: attributeKinds.default({ category: 'text', price: 'number' }),
  context: attributeKinds.default({}),
})

/** Every bound of the part, with what it bounds and why. */
export const featureLimitsSchema = z.strictObject({
  idBytesMax: z
    .int()
    .min(16)
    .max(1024)
    .default(256)
    .describe('user, item and interaction ids, UTF-8: they are part of every key in Redis'),
  attributeTextBytesMax: z
    .int()
    .min(16)
    .max(4096)
    .default(256)
    .describe('one attribute value, UTF-8: categories and names, not descriptions'),
  attributesMax: z
    .int()
    .min(1)
    .max(1024)
    .default(64)
    .describe('attributes of one record: each is kept per user or item'),
  valueMax: z
    .number()
    .positive()
    .max(1e15)
    .default(1e12)
    .describe(
      'magnitude of an interaction value: one that is larger, or no number, is taken for missing: it would outweigh all others in a sum',
    ),
  entitiesMax: z
    .int()
    .min(100)
    .max(1_000_000_000)
    .default(1_000_000)
    .describe(
      'users, and items, that a partition keeps states of: beyond it those least recently active (event time) make room, a 128th at a time, and start as new if they return. In Redis each takes about 350 bytes with the features of the demo, so 350 MB for a million; up to a quarter more wait for their removal',
    ),
  statesCachedMax: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(50_000)
    .describe(
      'states an owner keeps, per partition: about 1 KiB each; a state that is not kept costs its share of one read',
    ),
  lookupsCachedMax: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(200_000)
    .describe('item lookups a process keeps: about 200 bytes each'),
  lookupWaitMs: z
    .int()
    .min(10)
    .max(30_000)
    .default(2_000)
    .describe(
      'one wait for the item attributes to catch up: then the batch is tried again, so that a stop is not held up',
    ),
  lookupStallSecondsMax: z
    .number()
    .positive()
    .max(3_600)
    .default(30)
    .describe(
      'without progress of those attributes a fold goes on without: a dead attributes stage must not stop interactions',
    ),
  applyRecordsMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(6_000)
    .describe(
      'interactions in one fenced call, all of a batch of a stage that catches up: Redis does nothing else meanwhile, about 1 us per changed state; items at 2,000 cost eight processes an eighth more CPU time',
    ),
  copiesBytesMax: z
    .int()
    .min(16 * 1024)
    .max(8 * 1024 * 1024)
    .default(256 * 1024)
    .describe('one record of re-keyed copies: below streams limits.recordBytesMax, or it could not be read'),
  readKeysMax: z
    .int()
    .min(100)
    .max(100_000)
    .default(20_000)
    .describe('keys in one read; more is split: Redis does nothing else meanwhile'),
  staleSecondsMax: z
    .number()
    .positive()
    .default(600)
    .describe('event time the applied stream may lag a request: beyond it features are flagged stale'),
  lateSecondsMax: z
    .int()
    .min(0)
    .max(3_200_000_000)
    .default(604_800)
    .describe(
      'an interaction further behind the newest event time of its partition is not folded but written to the late topic: a week is more than a phone stays offline',
    ),
  commandTimeoutMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(2_000)
    .describe('deadline of every Redis command: a hundred times what the largest takes'),
  storeOutageMsMax: z
    .int()
    .min(0)
    .max(60_000)
    .default(6_000)
    .describe(
      'stages ask a Redis that is away or refuses again for this long, then they leave their groups and wait outside: a restart or a fail-over is shorter, and a stop waits for it',
    ),
  oldSetKeptHours: z
    .number()
    .min(0)
    .max(24 * 30)
    .default(24)
    .describe(
      'how long the old set of features is kept beside the new one after the last live model that was made on it: until then a rollback finds its features',
    ),
  storeAwaySecondsMax: z
    .int()
    .min(0)
    .max(86_400)
    .default(300)
    .describe(
      'a service waits this long for a Redis that is away, at its start and later, then its process ends: a supervisor should see what does not come back; 0 ends it at once',
    ),
})

/** An interaction id that comes again is not counted again. */
const deduplicateSchema = z.strictObject({
  window: z
    .int()
    .min(0)
    .max(1_024)
    .default(32)
    .describe(
      'interactions of a user whose ids are remembered, 4 bytes each in the state: what a client sends again follows within a few; 0 counts everything',
    ),
})

/** What is not heard of any more is forgotten, by event time. */
const expirySchema = z.strictObject({
  inactiveDays: z
    .number()
    .min(0)
    .max(3_650)
    .default(90)
    .describe(
      'days of event time without an interaction after which what is known of a user or an item is over: who returns starts as new, live and in a replay; 0 never',
    ),
  slackHours: z
    .number()
    .positive()
    .max(8_760)
    .default(24)
    .describe(
      'an expired state is removed from Redis when it is that much older than it has to be: a request may be late, and is answered the same either way',
    ),
  sweepHours: z
    .number()
    .positive()
    .max(720)
    .default(6)
    .describe('how often the features service looks for them, slowly: each state is looked at once'),
})

const validationSchema = z.strictObject({
  suite: suiteSchema
    .superRefine((suite, context) => {
      try {
        openSuite(suite, suite.name)
      } catch (error) {
        context.addIssue(error instanceof Error ? error.message : String(error))
      }
    })
    .optional()
    .describe(
      'expectations as of `feedloop validate`: those that judge one interaction (table interactions) or one rank request (requests, impressions) by itself count what is not met, log an example of it now and then, and dead-letter it where meta.severity is fatal',
    ),
})

const DEFINED_BY = new Set(['interactionTypes', 'attributes', 'features'])

/** The feature store's section of the feed's configuration; `parse({})` is the demo's feed. */
export const featureStoreConfigSchema = z
  .strictObject({
    interactionTypes: z.array(nameSchema).min(1).max(64).default(['view', 'click', 'like', 'hide']),
    attributes: attributesSchema.prefault({}),
    features: z
      .array(featureDefinitionSchema)
      .min(1)
      .max(500)
      .default(() => DEFAULT_FEATURES.map((d) => featureDefinitionSchema.parse(d))),
    deduplicate: deduplicateSchema.prefault({}),
    expiry: expirySchema.prefault({}),
    validation: validationSchema.prefault({}),
    skew: skewConfigSchema.prefault({}),
    limits: featureLimitsSchema.prefault({}),
  })
  .superRefine(
    (config, context) => {
      for (const { path, message } of definitionMistakes(config))
        context.addIssue({ code: 'custom', path, message })
    },
    // A mistake elsewhere (a limit, an unknown field) does not hide these.
    { when: ({ issues }) => !issues.some(({ path }) => DEFINED_BY.has(String(path?.[0]))) },
  )

export type FeatureStoreConfig = z.output<typeof featureStoreConfigSchema>
export type FeatureStoreConfigInput = z.input<typeof featureStoreConfigSchema>

/** Parses the section; throws FeatureConfigError naming every mistake by its path, and what to do. */
export function parseFeatureStoreConfig(input: FeatureStoreConfigInput): FeatureStoreConfig {
  const parsed = featureStoreConfigSchema.safeParse(input)
  if (parsed.success) return parsed.data
  throw new FeatureConfigError(
    parsed.error.issues.map((issue) => `${issue.path.map(String).join('.') || 'features'}: ${issue.message}`),
  )
}
