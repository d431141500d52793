import { randomUUID } from 'node:crypto'
import {
  type FeatureStoreConfig,
  featureStoreConfigSchema,
  openFeedStore,
  type StateStore,
} from '#feature-store'
import {
  type Addresses,
  catalogueOf,
  connectRuntime,
  type KafkaRuntime,
  openAll,
  openLagReader,
  silentLogger,
  type StreamsConfig,
  streamsConfigSchema,
} from '#streams'
import { type FeaturesProcessOptions, startFeaturesProcess } from '#feature-store/testing'
import { type FeedloopProcess, type StackUser, startFeedloop, until } from '#streams/testing'
import { makeRunFolder } from '../demo/fs-run-folder.ts'
import { openLoopGroups } from '../demo/kafka-groups.ts'
import { makeRunTopics } from '../demo/kafka-run-topics.ts'
import { createCodec, groupOf, type LoopService, openRegistry, type TopicKey } from '#schemas'
import { type FeedServices, openToAll } from './feed-services.ts'

/** What must go on while the feed waits for something. */
type FeedProcess = Pick<FeedloopProcess, 'mustRun' | 'kill'> & Partial<Pick<FeedloopProcess, 'lastLines'>>

/** Whose last lines are told when waiting is given up: the newest. */
const TOLD_PROCESSES = 4

/** A feed under a prefix of its own on the real services, its topics made. */
export interface OwnFeed {
  readonly prefix: string
  /** As an operator: whoever makes topics, looks and judges. */
  readonly addresses: Addresses
  readonly config: StreamsConfig & { features: FeatureStoreConfig }
  readonly runtime: KafkaRuntime
  readonly store: StateStore
  /** `feedloop run <service>`, a process of its own; killed at `close` at the latest. */
  run(service: LoopService, ...options: string[]): FeedloopProcess
  /** Another command of this feed, as an operator unless somebody else types it; killed at `close` at the latest. */
  command(argv: readonly string[], user?: StackUser): FeedloopProcess
  /** Changes what its file says, as its owner does: what is started from now on reads it, what runs does not notice. */
  edit(feed: Record<string, unknown>): void
  /** The features service as tests change it: killed at a step, without its fence, by the wrong clock. */
  runFeatures(options: FeaturesProcessOptions): FeedloopProcess
  /** Another process that belongs to this feed: it must run while the feed waits, and is killed at `close`. */
  adopt<P extends FeedProcess>(started: P): P
  /** `runtime.follow`, whose failure ends what the feed waits for. */
  follow: KafkaRuntime['follow']
  /** How many records a topic holds. */
  recordCount(topic: TopicKey): Promise<number>
  /** Waits for a condition. @throws Error when a process of this feed ends by itself meanwhile, or with what they said last */
  until(what: string, condition: () => Promise<boolean>, pollMs?: number): Promise<void>
  /** Waits until a stage, or the group of a control, has committed the end of every partition that holds something. */
  caughtUp(stage: string, topic: TopicKey): Promise<void>
  /** Ends the processes, removes topics, groups, states and schemas. */
  close(): Promise<void>
}

/** @param feed what the feed file says besides the prefix */
export const openOwnFeed = (
  addresses: Addresses,
  name: string,
  feed: Record<string, unknown> = {},
): Promise<OwnFeed> => openFeedOn(openToAll(addresses), name, feed)

/**
 * The same where everybody has a login of their own: the services each with theirs, `runtime` as the feed, topics and
 * states as an operator.
 */
export function openFeedOn(
  services: FeedServices,
  name: string,
  feed: Record<string, unknown>,
): Promise<OwnFeed> {
  const prefix = `${name}-${randomUUID().slice(0, 8)}`
  const { features, scorer: _scorer, trainer: _trainer, ...streams } = feed
  const config = {
    ...streamsConfigSchema.parse({ ...streams, prefix }),
    features: featureStoreConfigSchema.parse(features ?? {}),
  }
  const processes: FeedProcess[] = []
  const addresses = services.as('operator')
  return openAll(async (closers) => {
    await services.admit({ prefix, catalogue: catalogueOf(config) })
    const folder = makeRunFolder({ ...feed, prefix })
    closers.add(() => folder.remove())
    const groups = await openLoopGroups(addresses.kafka, prefix)
    closers.add(() => groups.close())
    closers.add(() => groups.forget())
    await makeRunTopics(addresses, prefix, catalogueOf(config), closers)
    // The feed may not register schemas: a service does.
    await createCodec(openRegistry(services.as('features').registry), catalogueOf(config))
    const options = { config, clientId: 'test', log: silentLogger }
    const runtime = await connectRuntime({ ...options, addresses: services.as('feed') })
    closers.add(() => runtime.close())
    const store = await openFeedStore(addresses.redis, config)
    closers.add(() => store.close())
    const lags = await openLagReader(addresses, prefix)
    closers.add(() => lags.close())
    closers.add(async () => void (await Promise.all(processes.map((each) => each.kill()))))

    const untilOrDead: OwnFeed['until'] = (what, condition, pollMs) =>
      until(
        what,
        async () => {
          for (const each of processes) each.mustRun()
          return condition()
        },
        pollMs,
        () =>
          processes
            .map((each) => each.lastLines?.() ?? '')
            .slice(-TOLD_PROCESSES)
            .join('\n'),
      )
    const adopt = <P extends FeedProcess>(started: P): P => {
      processes.push(started)
      return started
    }
    const started = (argv: readonly string[], user: StackUser) =>
      adopt(startFeedloop(argv, services.as(user), { FEEDLOOP_CONFIG: folder.feedFile }))
    const follow: KafkaRuntime['follow'] = async (follower) => {
      const following = await runtime.follow(follower)
      let failure: unknown
      following.done.catch((error: unknown) => (failure = error))
      const mustRun = () => {
        if (failure !== undefined) throw new Error(`${follower.name} reads no more`, { cause: failure })
      }
      adopt({ mustRun, kill: () => following.stop() })
      return following
    }
    const endOffsets = (topic: TopicKey) => lags.endOffsets(runtime.topicName(topic))
    return {
      prefix,
      addresses,
      config,
      runtime,
      store,
      run: (service, ...options) => started(['run', service, ...options], service),
      command: (argv, user = 'operator') => started(argv, user),
      edit: (edited) => folder.edit({ ...edited, prefix }),
      runFeatures: (options) =>
        adopt(startFeaturesProcess({ addresses: services.as('features'), config }, options)),
      adopt,
      follow,
      recordCount: async (topic) =>
        [...(await endOffsets(topic)).values()].reduce((sum, end) => sum + end, 0),
      until: untilOrDead,
      caughtUp: (stage, topic) =>
        untilOrDead(`stage ${stage} to reach the end of ${topic}`, async () => {
          const [committed, ends] = await Promise.all([lags.lags(), endOffsets(topic)])
          const ours = committed.filter(
            (lag) => lag.group === groupOf(prefix, stage) && lag.topic === runtime.topicName(topic),
          )
          return [...ends].every(
            ([partition, end]) =>
              end === 0 || ours.some((lag) => lag.partition === partition && lag.committedOffset >= end),
          )
        }),
      close: () => closers.closeAll(),
    }
  })
}
