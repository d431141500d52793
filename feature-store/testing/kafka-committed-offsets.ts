import { createPlainKafka, type KafkaAddress } from '#streams'

/** Brokers may be away for a minute. */
const OUTAGE_RETRIES_MAX = 60

/** Where a group stands, asked anew each time. null: it has committed nothing there. */
export function committedOffsets(address: KafkaAddress) {
  const kafka = createPlainKafka(address, {
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: OUTAGE_RETRIES_MAX },
  })
  return async function committedOffset(
    groupId: string,
    topic: string,
    partition: number,
  ): Promise<number | null> {
    const admin = kafka.admin()
    await admin.connect()
    try {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
      const offset = Number(found?.partitions.find((entry) => entry.partition === partition)?.offset ?? -1)
      return offset < 0 ? null : offset
    } finally {
      await admin.disconnect()
    }
  }
}
