import { z } from 'zod'
import { OperatorError } from '#streams'
import { partitionTag } from '../state-store.ts'

/** What a replay can read, in the order in which it begins: folds look items up. */
export const REPLAY_TOPICS = ['items', 'users', 'itemInteractions', 'interactions'] as const
export type ReplayTopic = (typeof REPLAY_TOPICS)[number]

const offset = z.int().min(0)

export const REPLAY_NAME = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, '1 to 32 of a-z 0-9 -')

const topicSchema = z.strictObject({
  topic: z.enum(REPLAY_TOPICS).describe('what is read'),
  topicName: z.string().describe('its physical name'),
  layoutId: z.string().describe('layout of the states that are made from it'),
  starts: z.array(offset).describe('per partition, the first offset that is read'),
  ends: z
    .array(offset.nullable())
    .describe('per partition, the first offset that is not read; null: none yet'),
})
export type JobTopic = z.output<typeof topicSchema>

const STATES = ['running', 'paused', 'done', 'cancelled', 'switched'] as const

export const replayJobSchema = z.strictObject({
  name: REPLAY_NAME.describe('what commands call it; part of every key of its states'),
  namespace: z.string().describe('before every key of its states'),
  kind: z
    .enum(['copy', 'config', 'kept'])
    .describe(
      'copy: all states, in a namespace of its own; config: what a configuration lacks, beside the rest; kept: an old set, for models that need it',
    ),
  statesId: z.string().describe('which layouts (serving.ts)'),
  featureSetId: z.string(),
  state: z.enum(STATES).describe('what is wanted of it, or what it came to'),
  from: z.string().describe('as it was asked'),
  to: z.string().describe('as it was asked'),
  follows: z.boolean().describe('goes on with what comes until it is switched to'),
  ratePerSecond: z.number().positive().nullable().describe('interactions a second and side; null: no limit'),
  yieldAboveMs: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe(
      'how long live interactions may wait for the features service before it stands still; null: never',
    ),
  topics: z.array(topicSchema).min(1),
  sourceStarts: z.array(offset).describe('per partition of interactions, the first one that counts'),
  sourceEnds: z.array(offset.nullable()).describe('the first one that does not count; null: all do'),
  archive: z.string().optional().describe('folder of an archive that is read before the topics'),
  isPlanted: z
    .boolean()
    .describe('its fences are there: one that is missing later means that Redis lost data'),
  createdAtMs: z.int(),
})
export type ReplayJob = z.output<typeof replayJobSchema>

/** What the process that runs a replay tells of itself; gone when it is. */
export const replayRunSchema = z.strictObject({
  id: z.string(),
  where: z.string().describe('host and process id'),
  atMs: z.int(),
  interactionsPerSecond: z.number(),
})
export type ReplayRun = z.output<typeof replayRunSchema>

/** `feed:{interactions.*}:1234abcd`, the beginning of every key of these states, as a pattern of Redis. */
export const statesGlob = (
  namespace: string,
  { topicName, layoutId }: Pick<JobTopic, 'topicName' | 'layoutId'>,
) => `${globEscaped(namespace)}:${partitionTag(topicName, 0, layoutId).replace('.0}', '.*}')}*`

/** Every state of a namespace, and nothing else: control keys have no hash tag. */
export const namespaceGlob = (namespace: string) => `${globEscaped(namespace)}:{*`

const globEscaped = (text: string) => text.replace(/[*?[\]\\]/g, (special) => `\\${special}`)

export const tagsOfTopic = ({ topicName, layoutId, starts }: JobTopic): string[] =>
  starts.map((_, partition) => partitionTag(topicName, partition, layoutId))

export const noSuchReplay = (name: string): OperatorError =>
  new OperatorError(
    'replay_unknown',
    `There is no replay ${name}: \`feedloop replay list\` names those there are.`,
  )
