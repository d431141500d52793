import { randomUUID } from 'node:crypto'
import { type StreamsConfig, streamsConfigSchema } from '../config.ts'
import type { Addresses } from '../contract.ts'
import { readTopic } from '../kafka/kafka-read-topic.ts'
import { catalogueOf, connectRuntime, type KafkaRuntime } from '../kafka/kafka-runtime.ts'
import { applyTopics, deleteTopics } from '../kafka/kafka-topics.ts'
import { silentLogger } from '../log.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Logger, Signals } from '../stage.ts'
import type { RuntimeHarness } from './conformance-harness.ts'
import { createPlainKafka } from '../kafka/kafka-client.ts'

export interface KafkaHarness extends RuntimeHarness {
  runtime: KafkaRuntime
  config: StreamsConfig
  close(): Promise<void>
}

const UNTIL_MS = 30_000

/** A feed of its own on a real broker: topics under a fresh prefix, removed by `close`. */
export async function openKafkaHarness(
  addresses: Addresses,
  limits: object = {},
  log: Logger = silentLogger,
  signals?: Signals,
): Promise<KafkaHarness> {
  const prefix = `h2-${randomUUID().slice(0, 8)}`
  const config = streamsConfigSchema.parse({
    prefix,
    limits: { retryAttemptsMax: 3, retryDelayMs: 10, ...limits },
  })
  const catalogue = catalogueOf(config)
  await applyTopics(addresses, Object.values(catalogue))
  const connect = () =>
    connectRuntime({ addresses, config, clientId: 'test', log, ...(signals ? { signals } : {}) })
  const runtime = await connect()
  const others: KafkaRuntime[] = []
  const producer = createPlainKafka(addresses.kafka).producer({
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition!,
  })
  await producer.connect()

  return {
    runtime,
    config,
    async another() {
      const other = await connect()
      others.push(other)
      return other
    },
    async write(
      topic,
      { key, value, partition = key === null ? 0 : runtime.partitionOf(topic, key.toString()) },
    ) {
      await producer.send({ topic: runtime.topicName(topic), messages: [{ key, value, partition }] })
    },
    async takeBack(topic, { key, value, partition = runtime.partitionOf(topic, key.toString()) }) {
      const taker = createPlainKafka(addresses.kafka).producer({
        transactionalId: `${prefix}-${randomUUID()}`,
        maxInFlightRequests: 1,
        idempotent: true,
      })
      await taker.connect()
      const transaction = await taker.transaction()
      await transaction.send({ topic: runtime.topicName(topic), messages: [{ key, value, partition }] })
      const endOffset = async () => (await runtime.offsets(topic, partition)).endOffset
      const written = await endOffset()
      await transaction.abort()
      await taker.disconnect()
      // The coordinator answers before its marker is in the log.
      const endMs = Date.now() + UNTIL_MS
      while ((await endOffset()) === written) {
        if (Date.now() > endMs) throw new Error(`end of the transaction: not within ${UNTIL_MS} ms`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    async raw(topic) {
      const raws: RawRecord[] = []
      for await (const raw of readTopic({ addresses, topicName: runtime.topicName(topic) })) raws.push(raw)
      return raws.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
    },
    async until(holds, what) {
      const endMs = Date.now() + UNTIL_MS
      while (!holds()) {
        if (Date.now() > endMs) throw new Error(`${what}: not within ${UNTIL_MS} ms`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    during: (promise) => promise,
    async close() {
      await producer.disconnect()
      await Promise.all(others.map((other) => other.close()))
      await runtime.close()
      await deleteTopics(
        addresses,
        Object.values(catalogue).map(({ name }) => name),
      )
    },
  }
}
