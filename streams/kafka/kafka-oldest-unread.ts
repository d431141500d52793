import { type TopicLag, topicLags } from './kafka-lag.ts'
import { firstRecordsFrom } from './kafka-first-records.ts'
import type { Addresses } from '../contract.ts'
import type { RawRecord } from '../raw-record.ts'

/** Lag in time as well. */
export interface AgedLag extends TopicLag {
  /** Age of the oldest record that was not read, by its broker timestamp; 0: none waits, null: it could not be read. */
  lagSeconds: number | null
  /** Retention removed records before they were read: the age is that of the oldest one left. */
  isCut: boolean
}

/** As `topicLags`, and reads the oldest unread record of each partition: for people, not for a loop. */
export async function agedLags(addresses: Pick<Addresses, 'kafka'>, prefix: string): Promise<AgedLag[]> {
  const lags = await topicLags(addresses, prefix)
  const aged: AgedLag[] = []
  for (const place of new Set(lags.map(({ group, topic }) => `${group} ${topic}`))) {
    const own = lags.filter(({ group, topic }) => `${group} ${topic}` === place)
    const waiting = own.filter(({ lagRecords }) => lagRecords > 0)
    const offsets = waiting.map(({ partition, committedOffset }) => [partition, committedOffset] as const)
    const oldest = await firstRecordsFrom(addresses, own[0]!.topic, new Map(offsets))
    for (const lag of own) {
      const found = lag.lagRecords === 0 ? null : oldest.get(lag.partition)
      if (found === null) aged.push({ ...lag, lagRecords: 0, lagSeconds: 0, isCut: false })
      else {
        const lagSeconds = found === undefined ? null : ageSeconds(found.record)
        aged.push({ ...lag, lagSeconds, isCut: found?.isCut ?? false })
      }
    }
  }
  return aged
}

const ageSeconds = ({ brokerTimeMs }: RawRecord) => Math.max(0, Date.now() - brokerTimeMs) / 1_000
