import { streamsLimitsSchema } from '../config.ts'
import { createKafka } from './kafka-client.ts'
import { openLogCursor } from './kafka-log-cursor.ts'
import type { Addresses } from '../contract.ts'
import { silentLogger } from '../log.ts'
import type { RawRecord } from '../raw-record.ts'

export interface FirstRecord {
  record: RawRecord
  /** When the first record of its batch was made, by its producer's clock. */
  producerTimeMs: number
  /** Retention had removed the offset that was asked for: this is the first one left. */
  isCut: boolean
}

/** Records are asked for one by one: the smallest fetch there is. */
const FETCH_BYTES = 1_024
/** A fetch may come back empty while a leader moves. */
const POLLS_MAX = 10

/**
 * The first record from an offset on, per partition; null where nothing is there (offsets may hold ends of transactions
 * and what was taken back), none where no answer came.
 *
 * @throws OperatorError when no broker answers or the topic does not exist
 */
export async function firstRecordsFrom(
  { kafka: address }: Pick<Addresses, 'kafka'>,
  topicName: string,
  offsets: ReadonlyMap<number, number>,
): Promise<Map<number, FirstRecord | null>> {
  const found = new Map<number, FirstRecord | null>()
  if (offsets.size === 0) return found
  const limits = streamsLimitsSchema.parse({ fetchPartitionBytesMax: FETCH_BYTES })
  const cut = new Set<number>()
  const cursor = await openLogCursor({
    kafka: createKafka({ address, clientId: 'feedloop-first-records', limits, log: silentLogger }),
    brokers: address.brokers,
    topicName,
    startFrom: offsets,
    limits,
    log: silentLogger,
    lost: (partition) => void cut.add(partition),
  })
  try {
    for (let polls = 0; polls < POLLS_MAX && found.size < offsets.size; polls++) {
      for (const { partition, records, producerTimeMs } of await cursor.poll()) {
        if (found.get(partition) || !offsets.has(partition)) continue
        found.set(partition, {
          record: records[0]!,
          producerTimeMs: producerTimeMs!,
          isCut: cut.has(partition),
        })
      }
      for (const partition of offsets.keys())
        if (!found.has(partition) && cursor.hasReadToEnd(partition)) found.set(partition, null)
    }
    return found
  } finally {
    await cursor.close()
  }
}
