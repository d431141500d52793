import { randomUUID } from 'node:crypto'
import {
  type Addresses,
  applyTopics,
  catalogueOf,
  connectRuntime,
  createPlainKafka,
  createRedis,
  silentLogger,
  streamsConfigSchema,
} from '#streams'
import { until } from '#streams/testing'
import type { Task } from './contest.ts'
import { fillTopic } from './kafka-fill.ts'
import { interactionsOf, type Workload } from './workload.ts'

/** A feed of its own for one benchmark, with the workload in its interactions topic. */
export interface BenchFeed {
  readonly task: Task
  readonly meanBytes: number
  /** Of the interactions topic. */
  readonly recordsPerPartition: readonly number[]
  /** Records of the interactions topic, as they would be written. */
  encode(workload: Workload): Iterable<{ key: string; value: Buffer }>
  /** Forgets what a contestant left: states, groups, re-keyed copies. */
  reset(): Promise<void>
  close(): Promise<void>
}

/** @param topicConfig of its topics, beside what the catalogue says */
export async function openBenchFeed(
  addresses: Addresses,
  workload: Workload,
  topicConfig: Record<string, string> = {},
): Promise<BenchFeed> {
  const prefix = `bench-${randomUUID().slice(0, 8)}`
  const config = streamsConfigSchema.parse({ prefix, kafka: { partitions: workload.partitions } })
  const { kafka } = addresses
  const specs = Object.values(catalogueOf(config))
  await applyTopics(
    addresses,
    specs.map((spec) => ({ ...spec, config: { ...spec.config, ...topicConfig } })),
  )
  const runtime = await connectRuntime({ addresses, config, clientId: 'bench', log: silentLogger })
  const topic = runtime.topicName('interactions')
  const copies = runtime.topicName('itemInteractions')
  const filled = await fillTopic({ kafka, topic, codec: runtime.codec }, workload)
  await runtime.close()
  const admin = createPlainKafka(kafka).admin()
  await admin.connect()
  const redis = createRedis(addresses.redis)
  const { interactions } = workload

  async function forgetKeys(): Promise<void> {
    let cursor = '0'
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}:*`, 'COUNT', 1_000)
      cursor = next
      if (keys.length > 0) await redis.unlink(keys)
    } while (cursor !== '0')
  }

  async function forgetCopies(): Promise<void> {
    const held = (await admin.fetchTopicOffsets(copies)).filter(({ low, high }) => Number(high) > Number(low))
    if (held.length === 0) return
    const partitions = held.map(({ partition, high }) => ({ partition, offset: high }))
    await admin.deleteTopicRecords({ topic: copies, partitions })
  }

  /**
   * Whether there are none left. A killed member stays until its session ends, and a join would wait for it: for users
   * longer than for items or the other way round, so that one side of the next run would begin seconds before the other.
   */
  async function forgetGroups(): Promise<boolean> {
    const { groups } = await admin.listGroups()
    const ours = groups.map(({ groupId }) => groupId).filter((groupId) => groupId.startsWith(`${prefix}.`))
    await admin.deleteGroups(ours).catch(() => undefined)
    return ours.length === 0
  }

  /** Those that Kafka Streams made, too: a broker goes through all partitions it has every few seconds, and compacts some. */
  async function forgetTopics(): Promise<void> {
    const topics = (await admin.listTopics()).filter((name) => name.startsWith(`${prefix}.`))
    await admin.deleteTopics({ topics })
  }

  return {
    task: { ...addresses, prefix, topic, interactions },
    ...filled,
    *encode(asked) {
      for (const interaction of interactionsOf(asked))
        yield { key: interaction.userId, value: runtime.codec.encode('interactions', interaction) }
    },
    async reset() {
      await forgetKeys()
      await forgetCopies()
      await until('killed members to be given up', forgetGroups)
    },
    async close() {
      await forgetKeys() // or Redis writes them anew, with its file, while others are measured
      await forgetTopics()
      await admin.disconnect()
      redis.disconnect()
    },
  }
}
