import { createRequire } from 'node:module'
import type { Message } from 'kafkajs'
import { encodeRecordBatch } from './kafka-encode-batch.ts'

/** What kafkajs 2.2.4 hands to a Produce request. */
export interface Produce {
  transactionalId?: string | null
  acks: number
  timeout: number
  /** 0 for none. */
  compression?: number
  /** Of 64 bits, as a number or spelled out. */
  producerId?: number | string
  producerEpoch?: number
  topicData: {
    topic: string
    partitions: { partition: number; firstSequence?: number; messages: Message[] }[]
  }[]
}

/** Of kafkajs, for what comes around record batches. */
interface Encoder {
  readonly buffer: Buffer
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  /** Its length, int16, first; -1 for null. */
  writeString(value: string | null): Encoder
  /** Its length, int32, first. */
  writeBytes(value: Buffer): Encoder
}

interface ProduceRequest {
  request: { encode(): Promise<Encoder> }
}

/** kafkajs' Produce requests, by version. */
export interface ProduceRequests {
  protocol(which: { version: number }): (given: Produce) => ProduceRequest
}

const require = createRequire(import.meta.url)
const Encoder = require('kafkajs/src/protocol/encoder') as new (bytes?: number) => Encoder
export const produceRequests = require('kafkajs/src/protocol/requests/produce') as ProduceRequests

/** Versions from here on hold record batches and look alike: https://kafka.apache.org/protocol#The_Messages_Produce */
const FIRST_WITH_BATCHES = 3

/**
 * Lets kafkajs send what `encodeProduce` makes, except where something is compressed or has headers: we write neither.
 *
 * kafkajs 2.2.4 copies every message and partition with `{ ...given, more }`. For each such copy V8 makes hidden classes
 * anew, which takes it a microsecond and stays until the next full collection. And every message gets a buffer of its own.
 *
 * It holds for the whole process: a producer shows its cluster to nobody (as a consumer does, kafka-fetches.ts), and
 * brokers cannot tell the difference.
 *
 * @param requests changed in place
 */
export function encodeOwnProduce(requests: ProduceRequests): void {
  const protocol = requests.protocol.bind(requests)
  requests.protocol = ({ version }) => {
    const make = protocol({ version })
    if (version < FIRST_WITH_BATCHES) return make
    return (given) => {
      const made = make(given)
      if (isPlain(given)) made.request.encode = () => Promise.resolve(encodeProduce(given))
      return made
    }
  }
}

const isPlain = ({ compression, topicData }: Produce) =>
  (compression ?? 0) === 0 &&
  topicData.every(({ partitions }) =>
    partitions.every(({ messages }) => messages.every(({ headers }) => headers === undefined)),
  )

/** The body of the request; every partition gets one record batch. */
export function encodeProduce(given: Produce, nowMs = Date.now()): Encoder {
  const { acks, timeout, topicData, transactionalId = null } = given
  const producer = {
    id: BigInt(given.producerId ?? -1),
    epoch: given.producerEpoch ?? 0,
    isTransactional: transactionalId !== null,
  }
  const body = new Encoder()
    .writeString(transactionalId)
    .writeInt16(acks)
    .writeInt32(timeout)
    .writeInt32(topicData.length)
  for (const { topic, partitions } of topicData) {
    body.writeString(topic).writeInt32(partitions.length)
    for (const { partition, firstSequence = 0, messages } of partitions)
      body.writeInt32(partition).writeBytes(encodeRecordBatch(messages, producer, firstSequence, nowMs))
  }
  return body
}
