import type { TopicKey } from '#schemas'

/** A record as the broker keeps it, before decoding. */
export interface RawRecord {
  partition: number
  offset: number
  key: Buffer | null
  /** null: a tombstone. */
  value: Buffer | null
  /** The record timestamp, wall clock: the broker's, unless `isProducerTime`. */
  brokerTimeMs: number
  /** As they are on the wire (kafka/wire/record-headers.ts); left out: it has none. */
  headers?: Buffer
  /** Its producer stamped it (CreateTime). */
  isProducerTime?: boolean
  /** The process died of it again and again: `give_up` dead-letters it undecoded, `given_up` was dead-lettered before. */
  crashLoop?: 'give_up' | 'given_up'
}

/** One fetch of one partition. */
export interface RawBatch<K extends TopicKey = TopicKey> {
  topic: K
  partition: number
  records: readonly RawRecord[]
  /** First offset not in this batch. */
  nextOffset: number
  /** The partition's end offset at the time of the fetch. */
  endOffset: number
}
