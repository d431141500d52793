/**
 * The features service as a process of its own, for tests that kill it or that take away what protects it.
 * Argument: JSON of RunFeaturesArguments.
 */
import { createCodec, groupOf, openRegistry, type StageName } from '#schemas'
import {
  catalogueOf,
  connectRuntime,
  createLogger,
  streamsConfigSchema,
  untilStopped,
  type Addresses,
} from '#streams'
import { openFeedStore } from '../commands.ts'
import { featureStoreConfigSchema } from '../config.ts'
import { startFeatureStore } from '../feature-store.ts'
import { partitionTag, type StateStore } from '../state-store.ts'
import { deathWatch, type DieAt, STOPPED_LINE } from './deaths.ts'
import { committedOffsets } from './kafka-committed-offsets.ts'
import { dieAroundProducing } from './kafka-deaths.ts'
import { unfencedStore } from './unfenced-store.ts'

export interface RunFeaturesArguments {
  /** A feed's configuration: the keys of `streams`, and `features`. */
  config: unknown
  addresses: Addresses
  /** `off`: whatever is brought is written, offsets are those of the consumer groups. */
  fence: 'on' | 'off'
  dieAt?: DieAt
  /** Killed whenever it decodes an interaction of this user. */
  dieOf?: string
  /** `wall`: what a record says of its event time is replaced by this process' clock. */
  time: 'event' | 'wall'
}

const STAGE_OF = {
  interactions: 'features-user',
  itemInteractions: 'features-item',
  users: 'features-user-attributes',
  items: 'features-item-attributes',
} as const satisfies Record<string, StageName>

const given = JSON.parse(process.argv[2]!) as RunFeaturesArguments
const { addresses } = given
const { features: featuresInput, ...streamsInput } = given.config as { features: unknown }
const streams = streamsConfigSchema.parse(streamsInput)
const features = featureStoreConfigSchema.parse(featuresInput)
const isTime = deathWatch(given.dieAt)

/** SIGKILL: for good. SIGSTOP: until somebody sends SIGCONT. */
function die(): void {
  const { signal = 'SIGKILL' } = given.dieAt!
  if (signal === 'SIGSTOP') process.stdout.write(`${STOPPED_LINE}\n`)
  process.kill(process.pid, signal)
}

dieAroundProducing(isTime, `${streams.prefix}.dead-letters.v1`, die)
const codec = await createCodec(openRegistry(addresses.registry), catalogueOf(streams))
const changedCodec: typeof codec = {
  ...codec,
  decode(topic, bytes) {
    const record = codec.decode(topic, bytes)
    if (topic !== 'interactions') return record
    if (given.dieOf !== undefined && 'userId' in record && record.userId === given.dieOf) die()
    return given.time === 'wall' ? { ...record, occurredAtMs: Date.now() } : record
  },
}

const runtime = await connectRuntime({
  addresses,
  config: streams,
  clientId: 'features',
  codec: changedCodec,
  log: createLogger({ name: 'features' }),
})
const store = await openFeedStore(addresses.redis, { prefix: streams.prefix, features }, 'owner')

function dyingStore(inner: StateStore): StateStore {
  return {
    ...inner,
    async apply(request) {
      const counts = request.writes.length > 0 && /interactions/.test(request.tag)
      if (counts && isTime('before apply')) die()
      const answer = await inner.apply(request)
      if (counts && isTime('after apply')) die()
      return answer
    },
  }
}

function withoutFence(inner: StateStore): StateStore {
  const ask = committedOffsets(addresses.kafka)
  return unfencedStore(inner, (tag) => {
    const place = /^\{.+\.(\d+)\}:/.exec(tag)!
    const partition = Number(place[1])
    for (const [topic, stage] of Object.entries(STAGE_OF)) {
      const topicName = runtime.topicName(topic as keyof typeof STAGE_OF)
      if (partitionTag(topicName, partition, '').startsWith(place[0]))
        return ask(groupOf(streams.prefix, stage), topicName, partition)
    }
    throw new Error(`no stage keeps ${tag}`)
  })
}

const running = await startFeatureStore(runtime, {
  // Ids that come again would hide what is applied twice.
  config: given.fence === 'off' ? { ...features, deduplicate: { window: 0 } } : features,
  store: dyingStore(given.fence === 'off' ? withoutFence(store) : store),
  futureSkewSecondsMax: streams.limits.futureSkewSecondsMax,
  farFutureSecondsMax: streams.limits.farFutureSecondsMax,
  earliestEventMs: streams.limits.earliestEventMs,
})
await untilStopped({
  done: running.done,
  async stop() {
    await running.stop()
    await runtime.close()
    await store.close()
  },
})
