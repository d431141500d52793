import type { TopicKey } from '#schemas'

/** A record as the broker keeps it, before decoding. */
export interface RawRecord {
  partition: number
  offset: number
  key: Buffer | null
  /** null: a tombstone. */
  value: Buffer | null
  /** The broker's record timestamp, wall clock. */
  brokerTimeMs: number
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

/** Cuts a fetch into batches of at most `recordsMax` records, in order; an empty fetch stays one batch. */
export function sliceBatch<K extends TopicKey>(batch: RawBatch<K>, recordsMax: number): RawBatch<K>[] {
  if (batch.records.length <= recordsMax) return [batch]
  const slices: RawBatch<K>[] = []
  for (let from = 0; from < batch.records.length; from += recordsMax) {
    const records = batch.records.slice(from, from + recordsMax)
    const next = batch.records[from + recordsMax]
    slices.push({ ...batch, records, nextOffset: next?.offset ?? batch.nextOffset })
  }
  return slices
}
