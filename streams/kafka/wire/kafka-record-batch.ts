import { KafkaBugError, OperatorError } from '../../errors.ts'
import type { RawRecord } from '../../raw-record.ts'
import { asFinal } from '../kafka-errors.ts'

/** One record batch of a partition, as far as a consumer needs it. */
export interface RecordBatch {
  firstOffset: number
  /** Of the batch as it was written; records at its end may have been compacted away. */
  lastOffset: number
  producerId: number
  /** When the first record was made, by its producer's clock: brokers keep it where they stamp records by their own. */
  producerTimeMs: number
  isTransactional: boolean
  /** It ends a transaction by taking it back. */
  isAbort: boolean
  /** None where a control record ends a transaction: that is nobody's to read. */
  records: RawRecord[]
}

/** Gives the bytes of the records of a compressed batch. @param codec of the batch's attributes, 1 to 4 */
export type Decompress = (codec: number, bytes: Buffer) => Promise<Buffer>

const MAGIC = 2
/** Where fields are in a batch: KIP-98, https://kafka.apache.org/documentation/#recordbatch */
const AT = {
  length: 8,
  magic: 16,
  attributes: 21,
  lastOffsetDelta: 23,
  firstTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  count: 57,
  records: 61,
}
/** The length counts what comes after it. */
const LENGTH_COUNTS_FROM = 12
const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20
const VARINT_WEIGHT_MAX = 2 ** 70

/**
 * Reads what a fetch brought of one partition. The last batch may be cut off by the limits of the fetch: it is left
 * for the next one. Keys and values are views of `set`. Headers stay as they are: only archives look at them.
 *
 * kafkajs' own decoder makes big integers, strings and buffers for every record besides what is wanted, and takes nearly
 * four times as long.
 *
 * @throws KafkaBugError when the bytes are no record batches
 * @throws OperatorError `record_format` for what brokers before 0.11 wrote
 */
export async function decodeRecordBatches(
  set: Buffer,
  partition: number,
  decompress: Decompress,
): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = []
  let at = 0
  while (at + AT.records <= set.length) {
    const magic = set.readInt8(at + AT.magic)
    if (magic !== MAGIC) throw otherFormat(partition, magic)
    const end = at + LENGTH_COUNTS_FROM + set.readInt32BE(at + AT.length)
    if (end > set.length) break
    if (end < at + AT.records) throw damaged(partition, int64(set, at))
    const codec = set.readInt16BE(at + AT.attributes) & CODEC_MASK
    const bytes = set.subarray(at + AT.records, end)
    batches.push(readBatch(set, at, codec === 0 ? bytes : await decompress(codec, bytes), partition))
    at = end
  }
  return batches
}

function readBatch(set: Buffer, at: number, bytes: Buffer, partition: number): RecordBatch {
  const attributes = set.readInt16BE(at + AT.attributes)
  const firstOffset = int64(set, at)
  const isControl = (attributes & CONTROL) !== 0
  const appendTimeMs = (attributes & LOG_APPEND_TIME) !== 0 ? int64(set, at + AT.maxTimestamp) : null
  const producerTimeMs = int64(set, at + AT.firstTimestamp)
  const records = new RecordReader(bytes, partition).read(
    set.readInt32BE(at + AT.count),
    firstOffset,
    producerTimeMs,
    appendTimeMs,
  )
  return {
    firstOffset,
    lastOffset: firstOffset + set.readInt32BE(at + AT.lastOffsetDelta),
    producerId: int64(set, at + AT.producerId),
    producerTimeMs,
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isAbort: isControl && isAbortMarker(records[0]?.key ?? null),
    records: isControl ? [] : records,
  }
}

/** A control record's key: version int16, type int16; type 0 is abort, 1 commit. */
const isAbortMarker = (key: Buffer | null) => key !== null && key.length >= 4 && key.readInt16BE(2) === 0

/** Exact up to 2^53. */
const int64 = (bytes: Buffer, at: number): number =>
  bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)

/** Reads records one after the other: length, attributes, timestamp and offset as deltas, key, value, headers. */
class RecordReader {
  #at = 0
  readonly #bytes: Buffer
  readonly #partition: number

  constructor(bytes: Buffer, partition: number) {
    this.#bytes = bytes
    this.#partition = partition
  }

  read(count: number, firstOffset: number, firstTimestamp: number, appendTimeMs: number | null): RawRecord[] {
    const records: RawRecord[] = []
    for (let index = 0; index < count; index++) {
      const length = this.#varint()
      const end = this.#at + length
      if (length <= 0 || end > this.#bytes.length) throw damaged(this.#partition, firstOffset)
      this.#at += 1 // attributes: none are in use
      const brokerTimeMs = firstTimestamp + this.#varint()
      const offset = firstOffset + this.#varint()
      const key = this.#slice(end)
      const value = this.#slice(end)
      if (this.#at > end || offset < firstOffset) throw damaged(this.#partition, firstOffset)
      const record: RawRecord = {
        partition: this.#partition,
        offset,
        key,
        value,
        brokerTimeMs: appendTimeMs ?? brokerTimeMs,
        isProducerTime: appendTimeMs === null,
      }
      // The first byte counts them.
      if (this.#at < end && this.#bytes[this.#at] !== 0) record.headers = this.#bytes.subarray(this.#at, end)
      records.push(record)
      this.#at = end
    }
    return records
  }

  /** -1 for null; a view of the bytes, or what is damaged is found out at the record's end. */
  #slice(end: number): Buffer | null {
    const length = this.#varint()
    if (length < 0) return null
    const from = this.#at
    this.#at += length
    return this.#at > end ? null : this.#bytes.subarray(from, this.#at)
  }

  /** ZigZag, seven bits per byte, the lowest first, ten bytes at most. Timestamps need more than 31 bits. */
  #varint(): number {
    const bytes = this.#bytes
    let byte = bytes[this.#at++]!
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 0x7f
    let weight = 0x80
    do {
      byte = bytes[this.#at++]!
      value += (byte & 0x7f) * weight
      weight *= 0x80
    } while (byte >= 0x80 && weight < VARINT_WEIGHT_MAX)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}

const damaged = (partition: number, offset: number) =>
  asFinal(new KafkaBugError(`the record batch at offset ${offset} of partition ${partition} is damaged`))

const otherFormat = (partition: number, magic: number) =>
  asFinal(
    new OperatorError(
      'record_format',
      `Partition ${partition} holds records in format ${magic}, from before Kafka 0.11: copy the topic with a newer client.`,
    ),
  )
