import { streamsLimitsSchema } from '../config.ts'
import { createKafka } from './kafka-client.ts'
import { type TopicLag, topicLags } from './kafka-lag.ts'
import { openLogCursor } from './kafka-log-cursor.ts'
import type { BrokerAddresses } from './kafka-topics.ts'
import { silentLogger } from '../log.ts'

/** Lag in time as well. */
export interface AgedLag extends TopicLag {
  /** Age of the oldest record that was not read, by its broker timestamp; 0: none waits, null: it could not be read. */
  lagSeconds: number | null
  /** Retention removed records before they were read: the age is that of the oldest one left. */
  isCut: boolean
}

/** Records are asked for one by one: the smallest fetch there is. */
const FETCH_BYTES = 1_024
/** A fetch may come back empty while a leader moves. */
const POLLS_MAX = 10

/** As `topicLags`, and reads the oldest unread record of each partition: for people, not for a loop. */
export async function agedLags(addresses: BrokerAddresses, prefix: string): Promise<AgedLag[]> {
  const lags = await topicLags(addresses, prefix)
  const aged: AgedLag[] = []
  for (const place of new Set(lags.map(({ group, topic }) => `${group} ${topic}`))) {
    const own = lags.filter(({ group, topic }) => `${group} ${topic}` === place)
    const waiting = own.filter(({ lagRecords }) => lagRecords > 0)
    const oldest = waiting.length === 0 ? new Map() : await oldestUnread(addresses, waiting)
    for (const lag of own) {
      const found = oldest.get(lag.partition) as { ageSeconds: number; isCut: boolean } | undefined
      const lagSeconds = lag.lagRecords === 0 ? 0 : (found?.ageSeconds ?? null)
      aged.push({ ...lag, lagSeconds, isCut: found?.isCut ?? false })
    }
  }
  return aged
}

async function oldestUnread(
  { brokers }: BrokerAddresses,
  waiting: readonly TopicLag[],
): Promise<Map<number, { ageSeconds: number; isCut: boolean }>> {
  const limits = streamsLimitsSchema.parse({ fetchPartitionBytesMax: FETCH_BYTES })
  const client = { brokers, clientId: 'feedloop-lag', limits, log: silentLogger }
  const cut = new Set<number>()
  const cursor = await openLogCursor({
    kafka: createKafka(client),
    brokers,
    topicName: waiting[0]!.topic,
    startFrom: new Map(waiting.map(({ partition, committedOffset }) => [partition, committedOffset])),
    limits,
    log: silentLogger,
    lost: (partition) => void cut.add(partition),
  })
  const oldest = new Map<number, { ageSeconds: number; isCut: boolean }>()
  try {
    for (let polls = 0; polls < POLLS_MAX && oldest.size < waiting.length; polls++) {
      for (const { partition, records } of await cursor.poll()) {
        if (oldest.has(partition) || !waiting.some((lag) => lag.partition === partition)) continue
        const ageSeconds = Math.max(0, Date.now() - records[0]!.brokerTimeMs) / 1_000
        oldest.set(partition, { ageSeconds, isCut: cut.has(partition) })
      }
    }
    return oldest
  } finally {
    await cursor.close()
  }
}
