import type { Producer } from 'kafkajs'
import { type Codec, recordKey, type TopicCatalogue, type TopicKey } from '#schemas'
import type { DeadLetter } from '#schemas'
import { streamsLimitsSchema } from '../config.ts'
import type { Addresses } from '../contract.ts'
import type { FoundLetter, LetterFilter } from '../dead-letters.ts'
import { readErasures } from '../erasures/kafka-read-erasures.ts'
import { KafkaBugError, OperatorError } from '../errors.ts'
import { silentLogger } from '../log.ts'
import { partitionOf } from '../partitioner.ts'
import {
  type Place,
  planRequeue,
  requeueId,
  requeuedMark,
  type RequeuePlan,
  type Resend,
  sourceOf,
} from '../requeue-plan.ts'
import { createKafka, reachBrokers } from './kafka-client.ts'
import { readDeadLetters, requeuedSources } from './kafka-dead-letters.ts'
import { classifyKafkaError } from './kafka-errors.ts'

export interface RequeueOptions {
  addresses: Pick<Addresses, 'kafka'>
  catalogue: TopicCatalogue
  codec: Codec
  prefix: string
  filter: LetterFilter
  /** The latest letters that were not written back before. */
  limit: number
}

export interface Requeued extends Omit<RequeuePlan, 'resends'> {
  /** Records that were acknowledged. */
  requeued: number
  /** Letters that match, of records that were written back before. */
  before: number
}

/** A transaction holds so many records, with their marks. */
const TRANSACTION_RECORDS_MAX = 200

/**
 * Writes the original bytes of dead letters back, each record once: with it, in one transaction, goes a mark into the
 * dead-letter topic. The transactional id is one for the feed, and taken before letters are read: a second run at the same
 * time ends the first. What lay in the wrong partition, or under a wrong key, goes where it belongs.
 */
export async function requeueDeadLetters(options: RequeueOptions): Promise<Requeued> {
  const { addresses, catalogue, codec, prefix } = options
  const { kafka: address } = addresses
  const limits = streamsLimitsSchema.parse({})
  const client = { address, clientId: 'feedloop-requeue', limits, log: silentLogger }
  await reachBrokers(client)
  const kafka = createKafka(client)
  const admin = kafka.admin()
  const producer = kafka.producer({
    transactionalId: requeueId(prefix),
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition!,
  })
  try {
    await Promise.all([producer.connect(), admin.connect()])
    await takeTransactionalId(producer)
    const { letters, before } = await lettersToSend(options)
    const { topics } = await admin.fetchTopicMetadata({
      topics: Object.values(catalogue).map(({ name }) => name),
    })
    const counts = new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
    const { resends, ...rest } = planRequeue(letters, (letter) => placeOf(letter, catalogue, codec, counts))
    for (let at = 0; at < resends.length; at += TRANSACTION_RECORDS_MAX)
      await sendAll(
        producer,
        resends.slice(at, at + TRANSACTION_RECORDS_MAX),
        catalogue.deadLetters.name,
        codec,
      )
    return { ...rest, requeued: resends.length, before }
  } catch (error) {
    throw isTakenOver(error) ? takenOver(error) : classifyKafkaError(error, address.brokers)
  } finally {
    await Promise.all([producer.disconnect(), admin.disconnect()])
  }
}

/** A later run has the transactional id. */
const isTakenOver = (error: unknown): boolean =>
  error instanceof Error && 'type' in error && error.type === 'INVALID_PRODUCER_EPOCH'

const takenOver = (cause: unknown) =>
  new OperatorError(
    'requeue_taken_over',
    'Another `dead-letters requeue` of this feed was started and goes on with what this one had not written yet: run it again when that one has ended.',
    { cause },
  )

/** kafkajs does so at the first transaction, not when it connects. The broker never hears of an empty one. */
async function takeTransactionalId(producer: Producer): Promise<void> {
  const nothing = await producer.transaction()
  await nothing.abort()
}

async function lettersToSend(options: RequeueOptions): Promise<{ letters: FoundLetter[]; before: number }> {
  const { addresses, catalogue, codec, filter, limit } = options
  const topic = catalogue.deadLetters.name
  const sources = await requeuedSources(addresses, topic, codec)
  const letters: FoundLetter[] = []
  let before = 0
  const erasures = await readErasures(addresses, catalogue.erasures.name, codec)
  for await (const found of readDeadLetters(addresses, topic, codec, filter, erasures)) {
    if (sources.has(sourceOf(found.letter))) before += 1
    else letters.push(found)
    if (letters.length > limit) letters.shift()
  }
  return { letters, before }
}

/** By the key that the record itself says, where it can be read; else where it was. */
function placeOf(
  { topic, partition, key, value, reason }: DeadLetter,
  catalogue: TopicCatalogue,
  codec: Codec,
  counts: ReadonlyMap<string, number>,
): Place | string {
  const spec = Object.values(catalogue).find(({ name }) => name === topic)
  const count = counts.get(topic)
  if (spec === undefined || count === undefined) return `topic ${topic} is none of this feed`
  const isMisplaced = reason === 'wrong_partition' || reason === 'wrong_key'
  if (spec.key === 'itemInteractions') {
    return isMisplaced
      ? 'a bundle of copies belongs to several partitions: rebuild the features instead'
      : { partition, key }
  }
  const own = value === null ? key : keyIn(spec.key, value, codec)
  if (own !== null) return { partition: partitionOf(own, count), key: own }
  return isMisplaced || partition >= count
    ? 'its key cannot be read, so nobody knows where it belongs'
    : { partition, key }
}

function keyIn(topic: TopicKey, value: Uint8Array, codec: Codec): Buffer | null {
  try {
    return Buffer.from(recordKey(topic, codec.decode(topic, Buffer.from(value))))
  } catch {
    return null // the stage that gave it up could not read it either
  }
}

async function sendAll(
  producer: Producer,
  resends: readonly Resend[],
  deadLettersTopic: string,
  codec: Codec,
): Promise<void> {
  const nowMs = Date.now()
  const transaction = await producer.transaction()
  try {
    for (const topic of new Set(resends.map((resend) => resend.topic))) {
      const own = resends.filter((resend) => resend.topic === topic)
      await sendWhole(transaction, topic, own)
      const marks = own.map((resend) => codec.encode('deadLetters', requeuedMark(resend, nowMs)))
      const key = Buffer.from(topic)
      await sendWhole(
        transaction,
        deadLettersTopic,
        marks.map((value) => ({ partition: 0, key, value })),
      )
    }
    await transaction.commit()
  } catch (error) {
    await transaction.abort().catch(() => undefined) // the cause is the error at hand
    throw error
  }
}

async function sendWhole(
  transaction: Pick<Producer, 'send'>,
  topic: string,
  messages: (Place & { value: Buffer | null })[],
): Promise<void> {
  const answered = await transaction.send({ topic, acks: -1, messages })
  const partitions = new Set(answered.map(({ partition }) => partition))
  // kafkajs reports success for partitions that it never sent when a leader moves.
  if (messages.some(({ partition }) => !partitions.has(partition)))
    throw new KafkaBugError(`not every partition of ${topic} has answered: nothing was written, run it again`)
}
