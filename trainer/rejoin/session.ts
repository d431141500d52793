import { type Jobs, jobsOf, connectJobs, type LogRange, openLogRange } from '#feature-store/shadow'
import { rejoinedTopic, type TopicSpec } from '#schemas'
import { type Addresses, catalogueOf, createClosers, type KafkaRuntime, once } from '#streams'
import type { CommandContext } from '#streams'
import type { TrainerFeedConfig } from '../commands.ts'
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
    return await work({
      config,
      addresses,
      jobs: jobsOf(connection, keys, rejoinJobSchema),
      topicOf: (name) => rejoinedTopic(catalogueOf(config).examples, name),
      range: once(async () => {
        const range = await openLogRange(addresses.kafka)
        closers.add(() => range.close())
        return range
      }),
      runtime: once(async () => {
        const runtime = await context.connect('rejoin')
        closers.add(() => runtime.close())
        return runtime
      }),
      closing: (close) => closers.add(async () => void (await close())),
    })
  } finally {
    await closers.closeAll()
  }
}
