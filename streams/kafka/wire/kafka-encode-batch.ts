import { createRequire } from 'node:module'
import type { Message } from 'kafkajs'

/** Who writes, as the broker knows it. */
export interface BatchProducer {
  /** -1 for one that is not idempotent. */
  id: bigint
  epoch: number
  isTransactional: boolean
}

/** https://kafka.apache.org/documentation/#recordbatch: the head, up to the records. */
const HEAD_BYTES = 61
/** What comes before the length and it, and what the checksum does not cover. */
const [LENGTH_FROM, CHECKSUM_FROM] = [12, 21]
const MAGIC = 2
const TRANSACTIONAL = 0x10
/** Of a record: its attributes and the count of its headers. */
const ZEROS_BYTES = 2

const crc32C = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/crc32C') as (
  bytes: Buffer,
) => number

/**
 * One record batch of format 2, uncompressed, of records without headers, in a buffer of its size.
 *
 * @param messages at least one
 * @param nowMs for messages that bring no time of their own
 */
export function encodeRecordBatch(
  messages: readonly Message[],
  { id, epoch, isTransactional }: BatchProducer,
  firstSequence: number,
  nowMs: number,
): Buffer {
  const timeOf = ({ timestamp }: Message) => Number(timestamp ?? nowMs)
  const firstTimestamp = timeOf(messages[0]!)
  let maxTimestamp = firstTimestamp
  let size = HEAD_BYTES
  const records = messages.map((message, offsetDelta) => {
    const timestamp = timeOf(message)
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    const [key, value] = [bytesOf(message.key), bytesOf(message.value)]
    const timestampDelta = timestamp - firstTimestamp
    const length =
      ZEROS_BYTES + varintSize(timestampDelta) + varintSize(offsetDelta) + sizedSize(key) + sizedSize(value)
    size += varintSize(length) + length
    return { length, timestampDelta, key, value }
  })

  const batch = Buffer.allocUnsafe(size)
  batch.writeBigInt64BE(0n, 0) // the broker gives the offset
  batch.writeInt32BE(size - LENGTH_FROM, 8)
  batch.writeInt32BE(0, 12) // the leader's epoch: the broker's
  batch.writeInt8(MAGIC, 16)
  batch.writeInt16BE(isTransactional ? TRANSACTIONAL : 0, CHECKSUM_FROM)
  batch.writeInt32BE(records.length - 1, 23)
  batch.writeBigInt64BE(BigInt(firstTimestamp), 27)
  batch.writeBigInt64BE(BigInt(maxTimestamp), 35)
  batch.writeBigInt64BE(id, 43)
  batch.writeInt16BE(epoch, 51)
  batch.writeInt32BE(firstSequence, 53)
  batch.writeInt32BE(records.length, 57)
  let at = HEAD_BYTES
  for (const [offsetDelta, { length, timestampDelta, key, value }] of records.entries()) {
    at = writeVarint(batch, at, length)
    batch[at++] = 0
    at = writeVarint(batch, at, timestampDelta)
    at = writeVarint(batch, at, offsetDelta)
    at = writeSized(batch, at, key)
    at = writeSized(batch, at, value)
    batch[at++] = 0
  }
  batch.writeUInt32BE(crc32C(batch.subarray(CHECKSUM_FROM)), 17)
  return batch
}

const bytesOf = (given: Buffer | string | null | undefined): Buffer | null =>
  typeof given === 'string' ? Buffer.from(given) : (given ?? null)

/** ZigZag, seven bits per byte, the lowest first. Timestamps need more than 31 bits. */
const zigZag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value)

function varintSize(value: number): number {
  let size = 1
  for (let left = zigZag(value); left >= 0x80; left = Math.floor(left / 0x80)) size++
  return size
}

function writeVarint(target: Buffer, from: number, value: number): number {
  let at = from
  let left = zigZag(value)
  for (; left >= 0x80; left = Math.floor(left / 0x80)) target[at++] = (left % 0x80) + 0x80
  target[at++] = left
  return at
}

/** -1 for null. */
const sizedSize = (bytes: Buffer | null) =>
  bytes === null ? varintSize(-1) : varintSize(bytes.length) + bytes.length

function writeSized(target: Buffer, from: number, bytes: Buffer | null): number {
  const at = writeVarint(target, from, bytes === null ? -1 : bytes.length)
  return bytes === null ? at : at + bytes.copy(target, at)
}
