import { streamsLimitsSchema, type StreamsLimits } from '../config.ts'
import type { Addresses } from '../contract.ts'
import { createKafka, reachBrokers } from './kafka-client.ts'
import { openLogCursor } from './kafka-log-cursor.ts'
import { silentLogger } from '../log.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Logger } from '../stage.ts'
import { LOG_EVENTS } from '../signals.ts'

export interface ReadTopicOptions {
  addresses: Pick<Addresses, 'kafka'>
  /** Physical name. */
  topicName: string
  /** Of each partition only so many offsets before its end; left out: all. */
  newestOffsets?: number
  /** Left out: all of them. */
  partitions?: readonly number[]
  limits?: Partial<StreamsLimits>
  log?: Logger
}

/**
 * Every record of a topic, undecoded, from its first offset (or the newest) up to the end offsets at the start; in offset order
 * within a partition, partitions interleaved. Holds one fetch in memory. For independent passes: no group, no codec.
 *
 * @throws OperatorError when no broker answers or the topic does not exist
 *
 * @example
 * for await (const { key, value } of readTopic({ addresses, topicName: 'feed.predictions.v1' })) count(value)
 */
export async function* readTopic(options: ReadTopicOptions): AsyncGenerator<RawRecord, void, undefined> {
  const { addresses, topicName, newestOffsets, partitions, log = silentLogger } = options
  const limits = streamsLimitsSchema.parse({ fetchPartitionBytesMax: 4 * 1024 * 1024, ...options.limits })
  const client = { address: addresses.kafka, clientId: 'feedloop-read-topic', limits, log }
  await reachBrokers(client)
  const cursor = await openLogCursor({
    kafka: createKafka(client),
    brokers: addresses.kafka.brokers,
    topicName,
    startFrom: newestOffsets ?? 'earliest',
    only: partitions,
    limits,
    log,
    lost: (partition, wanted, first) =>
      log.warn({ topic: topicName, partition, wanted, first }, LOG_EVENTS.recordsLost),
  })
  try {
    while (!cursor.caughtUp()) {
      for (const { partition, records } of await cursor.poll()) {
        const end = cursor.ends.get(partition)!
        for (const record of records) if (record.offset < end) yield record
      }
    }
  } finally {
    await cursor.close()
  }
}
