import type { Admin } from 'kafkajs'
import type { KafkaAddress } from '../contract.ts'
import { askAgain, lookingAt } from '../kafka/kafka-ask-again.ts'
import { classifyKafkaError } from '../kafka/kafka-errors.ts'
import { firstRecordsFrom } from '../kafka/kafka-first-records.ts'
import { withAdmin } from '../kafka/kafka-topics.ts'
import { silentLogger } from '../log.ts'
import type { BrokerFacts } from './judge-topics.ts'

/** ConfigResourceTypes.BROKER: Node's ESM loader does not see that name in kafkajs, a CommonJS package. */
const BROKER_RESOURCE = 4
/** The last offsets may be ends of transactions, which are no records: so far back is looked. */
const NEWEST_OFFSETS = 4

/** @throws OperatorError `kafka_unreachable`, `kafka_login`, ... */
export const askBrokers = (address: KafkaAddress, replicationFactor: number): Promise<BrokerFacts> =>
  withAdmin(address, silentLogger, async (admin) => {
    const cluster = await admin.describeCluster()
    const settings = await settingsOf(admin, cluster.brokers[0]!.nodeId, address)
    const number = (name: string) => (settings.has(name) ? Number(settings.get(name)) : null)
    return {
      brokers: cluster.brokers.length,
      replicationFactor,
      messageBytesMax: number('message.max.bytes'),
      sessionTimeoutMsMin: number('group.min.session.timeout.ms'),
      sessionTimeoutMsMax: number('group.max.session.timeout.ms'),
    }
  })

/** Nothing when the user may not ask. */
async function settingsOf(admin: Admin, nodeId: number, address: KafkaAddress): Promise<Map<string, string>> {
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: BROKER_RESOURCE, name: String(nodeId) }],
    })
    const entries = resources[0]?.configEntries ?? []
    return new Map(entries.map(({ configName, configValue }) => [configName, configValue]))
  } catch (error) {
    if (classifyKafkaError(error, address.brokers).code === 'kafka_permission') return new Map()
    throw error
  }
}

/** For each topic, the largest of these steps by which a record is stamped ahead of this machine's clock; 0 for none. */
export const askStampedAhead = (
  address: KafkaAddress,
  topics: readonly string[],
  stepsMs: readonly number[],
): Promise<Map<string, number>> =>
  withAdmin(address, silentLogger, async (admin) => {
    const largestFirst = [...stepsMs].sort((a, b) => b - a)
    const aheadOf = async (topic: string): Promise<number> => {
      const ends = new Map(
        (await admin.fetchTopicOffsets(topic)).map((at) => [at.partition, Number(at.high)]),
      )
      for (const stepMs of largestFirst) {
        // Where no record is as new, kafkajs answers the end of the partition.
        const found = await admin.fetchTopicOffsetsByTimestamp(topic, Date.now() + stepMs)
        if (found.some(({ partition, offset }) => Number(offset) < (ends.get(partition) ?? 0))) return stepMs
      }
      return 0
    }
    const found = topics.map(
      async (topic) => [topic, await askAgain(() => aheadOf(topic), lookingAt(address))] as const,
    )
    return new Map(await Promise.all(found))
  })

/**
 * How long before its producer made it a broker stamped the newest record of a partition: the largest over all
 * partitions, 0 when none did. Works for topics whose records brokers stamp (LogAppendTime), because the record batch
 * keeps the producer's time as well.
 */
export async function askStampedBehind(address: KafkaAddress, topic: string): Promise<number> {
  const ends = await withAdmin(address, silentLogger, (admin) =>
    askAgain(() => admin.fetchTopicOffsets(topic), lookingAt(address)),
  )
  let looking = ends
    .map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
    .filter(({ low, high }) => low < high)
  let behindMs = 0
  for (let back = 1; back <= NEWEST_OFFSETS && looking.length > 0; back++) {
    const from = looking.map(({ partition, low, high }) => [partition, Math.max(low, high - back)] as const)
    const found = await firstRecordsFrom({ kafka: address }, topic, new Map(from))
    for (const first of found.values())
      if (first !== null) behindMs = Math.max(behindMs, first.producerTimeMs - first.record.brokerTimeMs)
    looking = looking.filter(({ partition }) => found.get(partition) === null)
  }
  return behindMs
}
