import type { Admin, Kafka } from 'kafkajs'
import {
  type Codec,
  createCodec,
  openRegistry,
  topicCatalogue,
  type TopicCatalogue,
  type TopicKey,
} from '#schemas'
import type { StreamsConfig } from '../config.ts'
import type { Addresses } from '../contract.ts'
import { createKafka, reachBrokers } from './kafka-client.ts'
import { askAgain } from './kafka-ask-again.ts'
import { classifyKafkaError, topicsMissing } from './kafka-errors.ts'
import { runKafkaFollower } from './kafka-follower.ts'
import { runLogStage } from './kafka-log-stage.ts'
import { openKafkaOutputs } from './kafka-outputs.ts'
import { mustSee } from './kafka-topics.ts'
import { runKafkaStage } from './group/kafka-stage.ts'
import { createOpenHandles } from '../open-handles.ts'
import { sourcesCoPartitioned } from '../co-partition.ts'
import { partitionOf } from '../partitioner.ts'
import { partitionsDiffer } from '../topic-identity.ts'
import { createTopicIdentities, type TopicIdentitiesParts } from './kafka-topic-identities.ts'
import { watchTopics } from './kafka-topic-watch.ts'
import { createSignals } from '../signal-registry.ts'
import type { ConnectedRuntime, Logger, Signals } from '../stage.ts'

/** How long a widened topic may go unnoticed; one small request for all topics. */
const TOPICS_LOOKED_AT_MS = 3_000

export interface ConnectOptions {
  addresses: Pick<Addresses, 'kafka' | 'registry'>
  config: StreamsConfig
  /** Shows in the brokers' logs and quotas. */
  clientId: string
  log: Logger
  signals?: Signals
  /** Instead of the one made from the registry. */
  codec?: Codec
}

export type KafkaRuntime = ConnectedRuntime

export function catalogueOf(config: StreamsConfig): TopicCatalogue {
  const { partitions, replicationFactor, compression } = config.kafka
  return topicCatalogue({ prefix: config.prefix, partitions, replicationFactor, compression })
}

/**
 * The Runtime on real brokers.
 *
 * @throws OperatorError `kafka_unreachable` (no broker answers), `topics_missing` (run `topics apply`), and what the
 *   registry refuses; RegistryUnavailableError when it does not answer
 */
export async function connectRuntime(options: ConnectOptions): Promise<KafkaRuntime> {
  const { addresses, config, clientId, log } = options
  const { kafka: address } = addresses
  const { brokers } = address
  const { limits } = config
  const signals = options.signals ?? createSignals()
  const catalogue = catalogueOf(config)
  const kafka = createKafka({ address, clientId, limits, log })
  const topicName = (topic: TopicKey) => catalogue[topic].name
  await reachBrokers({ address, clientId, limits, log })
  const { admin, counts } = await connectAdmin(kafka, brokers, catalogue)
  const partitionCount = (topic: TopicKey) => counts.get(topic)!
  const open = createOpenHandles()
  const codec = await codecOf(options, catalogue).catch(async (error: unknown) => {
    await admin.disconnect()
    throw error
  })
  const clock = { nowMs: () => Date.now() }
  const asked = { kafka, brokers, limits, log, topicName, partitionCount }
  const { identities, watch } = topicFacts(asked, config, catalogue)
  const topicIdentity = (topic: TopicKey) => identities.of(topic)
  const parts = { ...asked, admin, config, codec, clock, signals, topicIdentity }

  return {
    codec,
    clock,
    log,
    signals,
    topicName,
    partitionCount,
    topicIdentity,
    partitionOf: (topic, key) => partitionOf(key, partitionCount(topic)),
    async offsets(topic, partition) {
      const partitions = await askAgain(() => admin.fetchTopicOffsets(topicName(topic)), parts)
      const found = partitions.find((entry) => entry.partition === partition)
      return { startOffset: Number(found?.low ?? 0), endOffset: Number(found?.high ?? 0) }
    },
    async runStage(stage) {
      sourcesCoPartitioned(stage.name, stage.sources, partitionCount, topicName)
      const outputs = await classified(openKafkaOutputs({ ...parts, name: stage.name }))
      return open.tracked(watch.guarded(runKafkaStage(stage, { ...parts, outputs }), stage.sources))
    },
    async readStage(stage, options) {
      sourcesCoPartitioned(stage.name, stage.sources, partitionCount, topicName)
      return open.tracked(await classified(runLogStage(stage, options, parts)))
    },
    async follow(follower) {
      const running = await classified(runKafkaFollower(follower, parts))
      return open.tracked(watch.guarded(running, [follower.topic]))
    },
    async outputs(name, topicNames = {}) {
      const named = (topic: TopicKey) => topicNames[topic] ?? topicName(topic)
      const opened = await classified(openKafkaOutputs({ ...parts, name, topicName: named }))
      return { ...opened.session(), close: open.closing(() => opened.close()) }
    },
    async close() {
      watch.stop()
      await open.closeAll()
      await identities.close()
      await admin.disconnect()
    },
  }

  async function classified<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise
    } catch (error) {
      throw classifyKafkaError(error, brokers)
    }
  }
}

function topicFacts(
  parts: Omit<TopicIdentitiesParts, 'whenChanged'> & Pick<ConnectOptions, 'log'>,
  { kafka: { whenTopicChanged } }: StreamsConfig,
  catalogue: TopicCatalogue,
) {
  const identities = createTopicIdentities({ ...parts, whenChanged: whenTopicChanged })
  const watch = watchTopics({
    ...parts,
    topics: Object.keys(catalogue) as TopicKey[],
    askFacts: (topics) => identities.facts(topics),
    everyMs: TOPICS_LOOKED_AT_MS,
  })
  return { identities, watch }
}

async function codecOf({ codec, addresses }: ConnectOptions, catalogue: TopicCatalogue): Promise<Codec> {
  return codec ?? createCodec(openRegistry(addresses.registry), catalogue)
}

async function connectAdmin(
  kafka: Kafka,
  brokers: readonly string[],
  catalogue: TopicCatalogue,
): Promise<{ admin: Admin; counts: ReadonlyMap<TopicKey, number> }> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    const keys = new Map(Object.values(catalogue).map(({ key, name }) => [name, key]))
    const wanted = [...keys.keys()]
    const there = new Set(await admin.listTopics())
    const missing = wanted.filter((name) => !there.has(name))
    if (missing.length > 0) {
      await mustSee(admin, missing[0]!)
      throw topicsMissing(missing)
    }
    const { topics } = await admin.fetchTopicMetadata({ topics: wanted })
    for (const { name, partitions } of topics) {
      const { partitions: count } = catalogue[keys.get(name)!]
      if (partitions.length !== count) throw partitionsDiffer(name, partitions.length, count)
    }
    return {
      admin,
      counts: new Map(topics.map(({ name, partitions }) => [keys.get(name)!, partitions.length])),
    }
  } catch (error) {
    await admin.disconnect()
    throw classifyKafkaError(error, brokers)
  }
}
