import { streamsLimitsSchema, type StreamsLimits } from '../config.ts'
import type { Addresses } from '../contract.ts'
import { createKafka, reachBrokers } from './kafka-client.ts'
import { type LogCursor, type LogCursorParts, openLogCursor } from './kafka-log-cursor.ts'
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
  /** Told when retention removed records before they were read; left out: it is a warning in the log. */
  lost?(partition: number, wanted: number, first: number): void
}

/** A cursor on a topic for who has no runtime, or reads what the runtime would decode. @throws as readTopic does */
export async function openTopicCursor(
  options: Omit<ReadTopicOptions, 'newestOffsets'> & Pick<LogCursorParts, 'startFrom'>,
): Promise<LogCursor> {
  const { addresses, topicName, startFrom, log = silentLogger } = options
  const limits = streamsLimitsSchema.parse({ fetchPartitionBytesMax: 4 * 1024 * 1024, ...options.limits })
  const client = { address: addresses.kafka, clientId: 'feedloop-read-topic', limits, log }
  await reachBrokers(client)
  return openLogCursor({
    kafka: createKafka(client),
    brokers: addresses.kafka.brokers,
    topicName,
    startFrom,
    only: options.partitions,
    limits,
    log,
    lost: (partition, wanted, first) => {
      log.warn({ topic: topicName, partition, wanted, first }, LOG_EVENTS.recordsLost)
      options.lost?.(partition, wanted, first)
    },
  })
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
  const { newestOffsets, ...parts } = options
  const cursor = await openTopicCursor({ ...parts, startFrom: newestOffsets ?? 'earliest' })
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
