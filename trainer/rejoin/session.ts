import {
  connectJobs,
  type Jobs,
  jobsOf,
  type LogArchive,
  type LogRange,
  openLogArchive,
  openLogRange,
} from '#feature-store/shadow'
import { rejoinedTopic, type TopicSpec } from '#schemas'
import { type Addresses, catalogueOf, createClosers, type KafkaRuntime, once } from '#streams'
import type { CommandContext } from '#streams'
import type { TrainerFeedConfig } from '../commands.ts'
import { type JoinerSource, SOURCES } from '../joiner/joiner-lanes.ts'
import { type RejoinJob, rejoinJobSchema } from './rejoin-job.ts'

export type RejoinContext = Pick<
  CommandContext<TrainerFeedConfig>,
  'loadConfig' | 'addresses' | 'connect' | 'untilStopped'
>

/** What commands on examples that are joined again have at hand. */
export interface RejoinSession {
  config: TrainerFeedConfig
  addresses: Pick<Addresses, 'kafka' | 'redis'>
  jobs: Jobs<RejoinJob>
  /** Of a job of this name. */
  topicOf(name: string): TopicSpec
  /** Opens what is only needed by some, once. Closed with the session. */
  range(): Promise<LogRange>
  runtime(): Promise<KafkaRuntime>
  /** What `feedloop archive` wrote into a folder, and the topics behind it. */
  archive(folder: string): Promise<LogArchive<JoinerSource>>
  closing(close: () => Promise<unknown>): void
}

export async function withRejoins<T>(
  context: RejoinContext,
  work: (session: RejoinSession) => Promise<T>,
): Promise<T> {
  const closers = createClosers()
  try {
    const config = await context.loadConfig()
    const addresses = await context.addresses(['redis', 'kafka'])
    const { prefix, features } = config
    const connection = await connectJobs(addresses.redis, features.limits.commandTimeoutMs)
    closers.add(async () => connection.redis.disconnect())
    const keys = { jobs: `${prefix}:@rejoins`, run: (name: string) => `${prefix}:@rejoin-run:${name}` }
    const range = once(async () => {
      const opened = await openLogRange(addresses.kafka)
      closers.add(() => opened.close())
      return opened
    })
    const runtime = once(async () => {
      const connected = await context.connect('rejoin')
      closers.add(() => connected.close())
      return connected
    })
    return await work({
      config,
      addresses,
      jobs: jobsOf(connection, keys, rejoinJobSchema),
      topicOf: (name) => rejoinedTopic(catalogueOf(config).examples, name),
      range,
      runtime,
      archive: async (folder) =>
        openLogArchive(folder, SOURCES, { runtime: await runtime(), range: await range() }),
      closing: (close) => closers.add(async () => void (await close())),
    })
  } finally {
    await closers.closeAll()
  }
}
