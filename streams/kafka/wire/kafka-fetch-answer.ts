import type { RawRecord } from '../../raw-record.ts'
import { unpackBatch } from './kafka-codecs.ts'
import { decodeRecordBatches, type RecordBatch } from './kafka-record-batch.ts'

/**
 * A record batch in the place of one of kafkajs' messages: it follows offsets by it and looks at nothing else. What
 * holds nothing to read (ends of transactions, what was taken back) has no records: it is handed on all the same, for
 * a log is read to its end by position.
 */
export interface FetchedRecords {
  /** The last one of the batch. */
  offset: string
  /** RecordBatch.producerTimeMs */
  producerTimeMs: number
  records: readonly RawRecord[]
}

export interface PartitionAnswer {
  partition: number
  errorCode: number
  /** The last stable offset: nothing behind it is for us to read, or to be behind of, before its transaction ends. */
  highWatermark: string
  abortedTransactions: []
  preferredReadReplica: number
  messages: FetchedRecords[]
}

export interface FetchAnswer {
  throttleTime: number
  clientSideThrottleTime: number
  errorCode: number
  sessionId: number
  responses: { topicName: string; partitions: PartitionAnswer[] }[]
}

interface AbortedTransaction {
  producerId: number
  firstOffset: number
}

/** The version of the Fetch request that kafkajs 2.2.4 and every broker since Kafka 2.3 agree on. */
export const FETCH_VERSION = 11

/** Reads a Fetch answer, version 11: https://kafka.apache.org/protocol#The_Messages_Fetch */
export async function decodeFetchAnswer(frame: Buffer): Promise<FetchAnswer> {
  let at = 0
  /** Moves on by so many bytes; where they begin. */
  const take = (count: number) => ((at += count), at - count)
  const int16 = () => frame.readInt16BE(take(2))
  const int32 = () => frame.readInt32BE(take(4))
  const int64 = () => frame.readBigInt64BE(take(8))
  const text = () => {
    const length = int16()
    return frame.toString('utf8', take(length), at)
  }
  const aborted = (): AbortedTransaction[] =>
    Array.from({ length: Math.max(0, int32()) }, () => ({
      producerId: Number(int64()),
      firstOffset: Number(int64()),
    }))

  const clientSideThrottleTime = int32()
  const [errorCode, sessionId, topics] = [int16(), int32(), int32()]
  const responses: FetchAnswer['responses'] = []
  for (let topic = 0; topic < topics; topic++) {
    const topicName = text()
    const partitions: PartitionAnswer[] = []
    for (let left = int32(); left > 0; left--) {
      const partition = int32()
      const partitionError = int16()
      take(8) // high watermark
      const highWatermark = String(int64())
      take(8) // log start offset
      const takenBack = aborted()
      const preferredReadReplica = int32()
      const length = Math.max(0, int32())
      const set = frame.subarray(take(length), at)
      const batches = await decodeRecordBatches(set, partition, unpackBatch)
      partitions.push({
        partition,
        errorCode: partitionError,
        highWatermark,
        abortedTransactions: [],
        preferredReadReplica,
        messages: committed(batches, takenBack).map(asMessage),
      })
    }
    responses.push({ topicName, partitions })
  }
  // The broker has throttled nothing yet; it expects the client to wait, and ignores it meanwhile.
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses }
}

/**
 * Leaves no records in what was taken back, as the Java client does it: by record batch. kafkajs' own filter takes in
 * one aborted transaction per record, and lets records of others through until it has caught up.
 */
export function committed(
  batches: readonly RecordBatch[],
  takenBack: readonly AbortedTransaction[],
): RecordBatch[] {
  if (takenBack.length === 0) return [...batches]
  const waiting = [...takenBack].sort((a, b) => a.firstOffset - b.firstOffset)
  const underWay = new Set<number>()
  return batches.map((batch) => {
    while (waiting.length > 0 && waiting[0]!.firstOffset <= batch.lastOffset)
      underWay.add(waiting.shift()!.producerId)
    if (batch.isAbort) underWay.delete(batch.producerId)
    const isTakenBack = batch.isTransactional && underWay.has(batch.producerId)
    return isTakenBack ? { ...batch, records: [] } : batch
  })
}

const asMessage = ({ lastOffset, records, producerTimeMs }: RecordBatch): FetchedRecords => ({
  offset: String(lastOffset),
  producerTimeMs,
  records,
})
