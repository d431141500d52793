import type { Batch as KafkaJsBatch, EachBatchPayload } from 'kafkajs'
import type { TopicKey } from '#schemas'
import type { RawBatch, RawRecord } from '../../raw-record.ts'
import type { FetchedRecords } from './kafka-fetch-answer.ts'

/** What kafkajs' batch has besides what its types say: the offset that was asked for, and record batches as messages. */
export type FetchedBatch = Omit<KafkaJsBatch, 'messages'> & {
  fetchedOffset: string
  messages: readonly FetchedRecords[]
}

export type FetchedPayload = Omit<EachBatchPayload, 'batch'> & { batch: FetchedBatch }

/** Offsets are int64 on the wire and stay exact as numbers up to 2^53. */
export function rawBatchOf<K extends TopicKey>(batch: FetchedBatch, topic: K): RawBatch<K> {
  return {
    topic,
    partition: batch.partition,
    records: recordsFrom(Number(batch.fetchedOffset), batch.messages),
    nextOffset: Number(batch.lastOffset()) + 1,
    endOffset: Number(batch.highWatermark),
  }
}

/** A fetch gives whole record batches: the first one may begin before what was asked for. */
export function recordsFrom(offset: number, messages: readonly FetchedRecords[]): readonly RawRecord[] {
  const [first] = messages
  const records = messages.length === 1 ? first!.records : messages.flatMap(({ records: some }) => some)
  return (records[0]?.offset ?? offset) >= offset
    ? records
    : records.filter((record) => record.offset >= offset)
}
