import type { Batch as KafkaJsBatch, KafkaMessage } from 'kafkajs'
import type { TopicKey } from '#schemas'
import type { RawBatch, RawRecord } from '../raw-record.ts'

/** Offsets are int64 on the wire and stay exact as numbers up to 2^53. */
export function rawBatchOf<K extends TopicKey>(batch: KafkaJsBatch, topic: K): RawBatch<K> {
  return {
    topic,
    partition: batch.partition,
    records: batch.messages.map((message) => rawRecordOf(message, batch.partition)),
    nextOffset: Number(batch.lastOffset()) + 1,
    endOffset: Number(batch.highWatermark),
  }
}

export function rawRecordOf({ offset, key, value, timestamp }: KafkaMessage, partition: number): RawRecord {
  return { partition, offset: Number(offset), key, value, brokerTimeMs: Number(timestamp) }
}
