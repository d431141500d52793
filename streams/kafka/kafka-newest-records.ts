import { streamsLimitsSchema } from '../config.ts'
import type { Addresses } from '../contract.ts'
import { silentLogger } from '../log.ts'
import type { RawRecord } from '../raw-record.ts'
import { createKafka } from './kafka-client.ts'
import { openLogCursor } from './kafka-log-cursor.ts'
import { withAdmin } from './kafka-topics.ts'

/** A fetch may come back empty while a leader moves. */
const EMPTY_POLLS_MAX = 10

/**
 * The newest records of a topic, at most `offsetsMax` offsets of each partition: fewer records where offsets hold ends of
 * transactions or were compacted away.
 *
 * @throws OperatorError when no broker answers or the topic does not exist
 */
export async function newestRecords(
  { kafka: address }: Pick<Addresses, 'kafka'>,
  topicName: string,
  offsetsMax: number,
): Promise<RawRecord[]> {
  const offsets = await withAdmin(address, silentLogger, (admin) => admin.fetchTopicOffsets(topicName))
  const from = new Map(
    offsets.map(({ partition, low, high }) => [partition, Math.max(Number(low), Number(high) - offsetsMax)]),
  )
  const limits = streamsLimitsSchema.parse({})
  const cursor = await openLogCursor({
    kafka: createKafka({ address, clientId: 'feedloop-newest-records', limits, log: silentLogger }),
    brokers: address.brokers,
    topicName,
    startFrom: from,
    limits,
    log: silentLogger,
  })
  const found: RawRecord[] = []
  try {
    for (let empty = 0; !cursor.caughtUp() && empty < EMPTY_POLLS_MAX;) {
      const polled = await cursor.poll()
      empty = polled.length === 0 ? empty + 1 : 0
      for (const { partition, records } of polled) {
        const end = cursor.ends.get(partition)!
        found.push(...records.filter(({ offset }) => offset < end && offset >= from.get(partition)!))
      }
    }
    return found
  } finally {
    await cursor.close()
  }
}
