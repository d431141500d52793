import type { TopicKey } from '#schemas'
import type { StreamsLimits } from './config.ts'
import type { RawBatch, RawRecord } from './raw-record.ts'

/** Whoever is far behind gets larger batches: they cost less per record, and nothing fresh waits meanwhile. */
export function batchMax(
  { records, endOffset }: RawBatch,
  limits: Pick<StreamsLimits, 'batchRecordsMax' | 'catchUpFromRecords' | 'catchUpBatchRecordsMax'>,
): number {
  const { batchRecordsMax, catchUpFromRecords, catchUpBatchRecordsMax } = limits
  const first = records[0]?.offset ?? endOffset
  if (endOffset - first < catchUpFromRecords) return batchRecordsMax
  return Math.max(batchRecordsMax, catchUpBatchRecordsMax)
}

/** At most `recordsMax` records that lie before `before`, and the rest. */
export function split<K extends TopicKey>(
  fetched: RawBatch<K>,
  recordsMax: number,
  before = Infinity,
): [RawBatch<K>, RawBatch<K> | null] {
  const { records } = fetched
  let count = 0
  while (count < records.length && count < recordsMax && records[count]!.offset < before) count += 1
  const next = records[count]
  if (next === undefined) return [fetched, null]
  return [
    { ...fetched, records: records.slice(0, count), nextOffset: next.offset },
    { ...fetched, records: records.slice(count) },
  ]
}

export function withoutGone<K extends TopicKey>(
  batch: RawBatch<K>,
  gone: readonly number[],
  givesUp: boolean,
): RawBatch<K> {
  const judged = (record: RawRecord): RawRecord => {
    if (givesUp) return { ...record, crashLoop: 'give_up' }
    return gone.includes(record.offset) ? { ...record, crashLoop: 'given_up' } : record
  }
  return { ...batch, records: batch.records.map(judged) }
}
