import { logLevel } from 'kafkajs'
import type { Codec } from '#schemas'
import { createPlainKafka, type KafkaAddress, partitionOf } from '#streams'
import { interactionsOf, type Workload } from './workload.ts'

const BATCH = 2_000

/** Writes the workload to a topic, keyed by user, before anything is measured. */
export async function fillTopic(
  { kafka, topic, codec }: { kafka: KafkaAddress; topic: string; codec: Codec },
  workload: Workload,
): Promise<{ meanBytes: number; recordsPerPartition: number[] }> {
  const producer = createPlainKafka(kafka, { logLevel: logLevel.ERROR }).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition!,
  })
  await producer.connect()
  let messages: { key: string; value: Buffer; partition: number }[] = []
  let bytes = 0
  const recordsPerPartition = new Array<number>(workload.partitions).fill(0)
  const send = async () => {
    await producer.send({ topic, acks: -1, messages })
    messages = []
  }
  for (const interaction of interactionsOf(workload)) {
    const { userId: key } = interaction
    const value = codec.encode('interactions', interaction)
    bytes += value.length
    const partition = partitionOf(key, workload.partitions)
    recordsPerPartition[partition]!++
    messages.push({ key, value, partition })
    if (messages.length === BATCH) await send()
  }
  if (messages.length > 0) await send()
  await producer.disconnect()
  return { meanBytes: bytes / workload.interactions, recordsPerPartition }
}
