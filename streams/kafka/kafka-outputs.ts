import type { Kafka, Message, Producer, RecordMetadata, TopicMessages } from 'kafkajs'
import type { Codec, TopicKey } from '#schemas'
import type { StreamsLimits } from '../config.ts'
import { KafkaTransientError } from '../errors.ts'
import { classifyKafkaError } from './kafka-errors.ts'
import { outageRetry } from './kafka-client.ts'
import { type Accumulator, createAccumulator, type OutboundRecord } from '../outputs.ts'
import type { Clock, Logger, Signals } from '../stage.ts'
import { LOG_EVENTS } from '../signals.ts'

export interface KafkaOutputsParts {
  /** For logs and metrics: the stage or service that writes. */
  name: string
  clock: Clock
  kafka: Kafka
  brokers: readonly string[]
  codec: Codec
  limits: StreamsLimits
  log: Logger
  signals: Signals
  topicName(topic: TopicKey): string
  partitionCount(topic: TopicKey): number
}

export interface KafkaOutputs extends Accumulator {
  /** Waits for what is on its way, then disconnects. */
  close(): Promise<void>
}

/** How often a partition that kafkajs left out is sent again before the producer is given up. */
const RESENDS_MAX = 10

/**
 * Outputs on an idempotent producer: acks from all in-sync replicas, one request in flight.
 *
 * kafkajs 2.2.4 says success for partitions it never sent when their leader moved during a retry; its answer
 * lacks them. So every answer is compared with what was sent, and the rest goes again before anything else.
 * After a final failure the producer's sequence numbers are worth nothing: it is thrown away.
 */
export async function openKafkaOutputs(parts: KafkaOutputsParts): Promise<KafkaOutputs> {
  const { name, kafka, brokers, limits, log, signals, topicName } = parts
  let producer: Producer | null = await connectProducer()
  const accumulator = createAccumulator({ ...parts, deliver })

  async function connectProducer(): Promise<Producer> {
    const made = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: outageRetry(limits),
      createPartitioner: () => takeGivenPartition,
    })
    await made.connect()
    return made
  }

  async function deliver(records: OutboundRecord[]): Promise<void> {
    try {
      producer ??= await connectProducer()
      let messages = groupByTopic(records, topicName)
      for (let resend = 0; messages.length > 0; resend++) {
        if (resend > RESENDS_MAX) throw new KafkaTransientError('partitions stay without an acknowledgement')
        const answer = await producer.sendBatch({
          acks: -1,
          timeout: limits.requestTimeoutMs,
          topicMessages: messages,
        })
        messages = withoutAnswer(messages, answer)
        for (const { topic, messages: rest } of messages) {
          log.warn({ outputs: name, topic, records: rest.length }, LOG_EVENTS.recordsResent)
          signals.count('records_resent', { outputs: name, topic }, rest.length)
        }
      }
      countSent(records)
    } catch (error) {
      discardProducer()
      throw classifyKafkaError(error, brokers)
    }
  }

  function countSent(records: OutboundRecord[]): void {
    let from = 0
    for (let at = 1; at <= records.length; at++) {
      if (at < records.length && records[at]!.topic === records[from]!.topic) continue
      signals.count('records_sent', { outputs: name, topic: records[from]!.topic }, at - from)
      from = at
    }
  }

  function discardProducer(): void {
    const broken = producer
    producer = null
    if (broken === null) return
    signals.count('producers_replaced', { outputs: name })
    broken
      .disconnect()
      .catch((error: unknown) => log.debug({ outputs: name, error }, LOG_EVENTS.producerNotDisconnected))
  }

  return {
    ...accumulator,
    async close() {
      await accumulator.settled()
      await producer?.disconnect()
      producer = null
    },
  }
}

const takeGivenPartition = ({ message }: { message: Message }) => message.partition!

function groupByTopic(
  records: readonly OutboundRecord[],
  topicName: (topic: TopicKey) => string,
): TopicMessages[] {
  const groups = new Map<TopicKey, Message[]>()
  for (const { topic, partition, key, value } of records) {
    const messages = groups.get(topic)
    if (messages === undefined) groups.set(topic, [{ partition, key, value }])
    else messages.push({ partition, key, value })
  }
  return Array.from(groups, ([topic, messages]) => ({ topic: topicName(topic), messages }))
}

/** What was sent to partitions that the answer does not mention, in its order. */
export function withoutAnswer(
  sent: readonly TopicMessages[],
  answer: readonly RecordMetadata[],
): TopicMessages[] {
  const answered = new Set(answer.map(({ topicName, partition }) => `${topicName}/${partition}`))
  const rest: TopicMessages[] = []
  for (const { topic, messages } of sent) {
    const missing = messages.filter(({ partition }) => !answered.has(`${topic}/${partition}`))
    if (missing.length > 0) rest.push({ topic, messages: missing })
  }
  return rest
}
