import { type GroupReads, openLagReader, type TopicLag } from './kafka-lag.ts'
import { firstRecordsFrom } from './kafka-first-records.ts'
import type { Addresses } from '../contract.ts'
import type { RawRecord } from '../raw-record.ts'

/** Lag in time as well, and who works on it. */
export interface AgedLag extends Omit<TopicLag, 'committedOffset'> {
  /** null: the group should read it and has committed nothing, so all that is there waits. */
  committedOffset: number | null
  /** Age of the oldest record that was not read, by its broker timestamp; 0: none waits, null: it could not be read. */
  lagSeconds: number | null
  /** Retention removed records before they were read: the age is that of the oldest one left. */
  isCut: boolean
  /** Processes that are in the group now; null: brokers do not tell. */
  members: number | null
}

/** A partition, with the first offset that waits. */
type Waiting = Omit<AgedLag, 'lagSeconds' | 'isCut'> & { fromOffset: number }

/**
 * As `topicLags`, with what `reads` names and no group has committed for, and reads the oldest unread record of each
 * partition: for people, not for a loop.
 */
export async function agedLags(
  addresses: Pick<Addresses, 'kafka'>,
  prefix: string,
  reads: readonly GroupReads[],
): Promise<AgedLag[]> {
  const all = await waitingOf(addresses, prefix, reads)
  const aged: AgedLag[] = []
  for (const place of new Set(all.map(({ group, topic }) => `${group} ${topic}`))) {
    const own = all.filter(({ group, topic }) => `${group} ${topic}` === place)
    const behind = own.filter(({ lagRecords }) => lagRecords > 0)
    const offsets = behind.map(({ partition, fromOffset }) => [partition, fromOffset] as const)
    const oldest = await firstRecordsFrom(addresses, own[0]!.topic, new Map(offsets))
    for (const { fromOffset: _, ...lag } of own) {
      const found = lag.lagRecords === 0 ? null : oldest.get(lag.partition)
      if (found === null) aged.push({ ...lag, lagRecords: 0, lagSeconds: 0, isCut: false })
      else {
        const lagSeconds = found === undefined ? null : ageSeconds(found.record)
        aged.push({ ...lag, lagSeconds, isCut: (lag.committedOffset !== null && found?.isCut) ?? false })
      }
    }
  }
  return aged
}

async function waitingOf(
  addresses: Pick<Addresses, 'kafka'>,
  prefix: string,
  reads: readonly GroupReads[],
): Promise<Waiting[]> {
  const reader = await openLagReader(addresses, prefix)
  try {
    const lags = await reader.lags()
    const uncommitted = await reader.uncommitted(reads, lags)
    const groups = [...new Set([...lags, ...uncommitted].map(({ group }) => group))]
    const members = await reader.members(groups)
    return [
      ...lags.map((lag) => ({ ...lag, fromOffset: lag.committedOffset })),
      ...uncommitted.map(({ firstOffset, ...place }) => ({
        ...place,
        committedOffset: null,
        lagRecords: place.endOffset - firstOffset,
        fromOffset: firstOffset,
      })),
    ]
      .map((one) => ({ ...one, members: members.get(one.group) ?? null }))
      .sort(byPlace)
  } finally {
    await reader.close()
  }
}

const byPlace = (a: Waiting, b: Waiting) =>
  a.group.localeCompare(b.group) || a.topic.localeCompare(b.topic) || a.partition - b.partition

const ageSeconds = ({ brokerTimeMs }: RawRecord) => Math.max(0, Date.now() - brokerTimeMs) / 1_000
