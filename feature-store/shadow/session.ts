import { type CommandContext, createClosers, type KafkaRuntime, once, type StreamsConfig } from '#streams'
import type { FeatureStoreConfig } from '../config.ts'
import { compileFeatureSet, type CompiledFeatureSet } from '../feature-set.ts'
import { keepSweeping } from '../expiry/process-expiry.ts'
import { openRedisStore } from '../redis-store.ts'
import type { EntityRoom } from '../stages/partition-activity.ts'
import type { StateStore } from '../state-store.ts'
import { statesIdOf } from '../serving.ts'
import { type LogRange, openLogRange } from './kafka-range.ts'
import { openReplays, type Replays } from './redis-replays.ts'

export type ReplayConfig = StreamsConfig & { features: FeatureStoreConfig }
export type ReplayContext = Pick<
  CommandContext<ReplayConfig>,
  'loadConfig' | 'addresses' | 'connect' | 'untilStopped'
>

/** What the replay commands have at hand. */
export interface ReplaySession {
  config: ReplayConfig
  featureSet: CompiledFeatureSet
  statesId: string
  replays: Replays
  /** Opens what is only needed by some, once. Closed with the session. */
  range(): Promise<LogRange>
  runtime(): Promise<KafkaRuntime>
  store(namespace: string, role?: 'owner' | 'reader'): Promise<StateStore>
  /** Removes the states of those that have to make room. */
  room(): Promise<EntityRoom>
}

export async function withSession<T>(
  context: ReplayContext,
  work: (session: ReplaySession) => Promise<T>,
): Promise<T> {
  const closers = createClosers()
  try {
    const config = await context.loadConfig()
    const { redis, kafka } = await context.addresses(['redis', 'kafka'])
    const { commandTimeoutMs, readKeysMax, storeOutageMsMax } = config.features.limits
    const replays = await openReplays(redis, config.prefix, commandTimeoutMs)
    closers.add(() => replays.close())
    const featureSet = compileFeatureSet(config.features)
    const runtime = once(async () => {
      const connected = await context.connect('replay')
      closers.add(() => connected.close())
      return connected
    })
    return await work({
      config,
      featureSet,
      statesId: statesIdOf(featureSet),
      replays,
      range: once(async () => {
        const range = await openLogRange(kafka)
        closers.add(() => range.close())
        return range
      }),
      runtime,
      room: once(async () => {
        const room = keepSweeping(await runtime(), { redis, prefix: config.prefix, config: config.features })
        closers.add(() => room.stop())
        return room
      }),
      async store(namespace, role = 'reader') {
        const outageMsMax = role === 'owner' ? storeOutageMsMax : 0
        const store = await openRedisStore(redis, namespace, { commandTimeoutMs, readKeysMax, outageMsMax })
        closers.add(() => store.close())
        return store
      },
    })
  } finally {
    await closers.closeAll()
  }
}
