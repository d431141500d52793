import type { Codec } from '#schemas'
import { streamsLimitsSchema } from '../config.ts'
import { type FoundLetter, letterMatches, type LetterFilter } from '../dead-letters.ts'
import { decodeRecord } from '../decode-record.ts'
import { classifyKafkaError } from './kafka-errors.ts'
import { createKafka, reachBrokers } from './kafka-client.ts'
import { readTopic } from './kafka-read-topic.ts'
import type { Addresses } from '../contract.ts'
import { silentLogger } from '../log.ts'

/** The dead letters that match, oldest first. Letters that cannot be decoded themselves are left out. */
export async function* readDeadLetters(
  addresses: Pick<Addresses, 'kafka'>,
  deadLettersTopic: string,
  codec: Codec,
  filter: LetterFilter = {},
): AsyncGenerator<FoundLetter, void, undefined> {
  for await (const { partition, offset, value } of readTopic({ addresses, topicName: deadLettersTopic })) {
    if (value === null) continue
    const verdict = await decodeRecord(codec, 'deadLetters', value, Infinity)
    if (verdict.kind === 'retry') throw verdict.cause
    if (verdict.kind !== 'pass') continue
    const found = { id: `${partition}/${offset}`, letter: verdict.value }
    if (letterMatches(found, filter)) yield found
  }
}

/**
 * Writes the original bytes back to the end of the partition they came from.
 *
 * @returns how many records were acknowledged
 */
export async function requeueDeadLetters(
  { kafka: address }: Pick<Addresses, 'kafka'>,
  letters: readonly FoundLetter[],
): Promise<number> {
  const client = {
    address,
    clientId: 'feedloop-requeue',
    limits: streamsLimitsSchema.parse({}),
    log: silentLogger,
  }
  await reachBrokers(client)
  const producer = createKafka(client).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition!,
  })
  try {
    await producer.connect()
    for (const { letter } of letters) {
      const { topic, partition, key, value } = letter
      await producer.send({ topic, acks: -1, messages: [{ partition, key, value }] })
    }
    return letters.length
  } catch (error) {
    throw classifyKafkaError(error, address.brokers)
  } finally {
    await producer.disconnect()
  }
}
