import type { Admin } from 'kafkajs'
import { streamsLimitsSchema } from '../config.ts'
import { askAgain, lookingAt } from './kafka-ask-again.ts'
import { createKafka, reachBrokers } from './kafka-client.ts'
import type { Addresses } from '../contract.ts'
import { silentLogger } from '../log.ts'

/** How far one group is behind on one partition. */
export interface TopicLag {
  /** Consumer group: prefix.stage */
  group: string
  topic: string
  partition: number
  committedOffset: number
  endOffset: number
  /** Records after the committed offset; the stage may hold a few of them already. */
  lagRecords: number
}

/** What a group should read. */
export interface GroupReads {
  group: string
  topic: string
}

/** A partition for which a group that should read it has committed nothing. */
export interface UncommittedPartition extends GroupReads {
  partition: number
  firstOffset: number
  endOffset: number
}

export interface LagReader {
  /** Every group whose name begins with `prefix.`, every partition it has committed for. */
  lags(): Promise<TopicLag[]>
  /** End offset per partition; the sum is the number of records ever written if the topic is not compacted. */
  endOffsets(topicName: string): Promise<Map<number, number>>
  /** What these groups should read and have committed nothing for; topics that are not there are left out. */
  uncommitted(reads: readonly GroupReads[], lags: readonly TopicLag[]): Promise<UncommittedPartition[]>
  /** How many members each group has; groups of which brokers do not tell are left out. */
  members(groups: readonly string[]): Promise<Map<string, number>>
  close(): Promise<void>
}

/** Keeps one connection, for who asks again and again. */
export async function openLagReader(
  { kafka: address }: Pick<Addresses, 'kafka'>,
  prefix: string,
): Promise<LagReader> {
  const client = {
    address,
    clientId: 'feedloop-lag',
    limits: streamsLimitsSchema.parse({}),
    log: silentLogger,
  }
  await reachBrokers(client)
  const admin = createKafka(client).admin()
  await admin.connect()

  const patience = lookingAt(address)
  return {
    lags: () => askAgain(() => lagsOf(admin, prefix), patience),
    endOffsets: (topicName) => askAgain(() => endOffsetsOf(admin, topicName), patience),
    uncommitted: (reads, lags) => askAgain(() => uncommittedOf(admin, reads, lags), patience),
    members: (groups) => askAgain(() => membersOf(admin, groups), patience),
    close: () => admin.disconnect(),
  }
}

/** @example for (const { group, topic, partition, lagRecords } of await topicLags(addresses, 'feed')) ... */
export async function topicLags(addresses: Pick<Addresses, 'kafka'>, prefix: string): Promise<TopicLag[]> {
  const reader = await openLagReader(addresses, prefix)
  try {
    return await reader.lags()
  } finally {
    await reader.close()
  }
}

async function lagsOf(admin: Admin, prefix: string): Promise<TopicLag[]> {
  const start = `${prefix}.`
  const topics = (await admin.listTopics()).filter((name) => name.startsWith(start)).sort()
  const { groups } = await admin.listGroups()
  const names = groups
    .map(({ groupId }) => groupId)
    .filter((name) => name.startsWith(start))
    .sort()
  const ends = new Map<string, Promise<Map<number, number>>>()
  const endsOf = (topic: string) => {
    const known = ends.get(topic) ?? endOffsetsOf(admin, topic)
    ends.set(topic, known)
    return known
  }

  const lags: TopicLag[] = []
  for (const group of names) {
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group, topics })) {
      for (const { partition, offset } of partitions) {
        const committedOffset = Number(offset)
        if (committedOffset < 0) continue
        const endOffset = (await endsOf(topic)).get(partition) ?? 0
        lags.push({
          group,
          topic,
          partition,
          committedOffset,
          endOffset,
          lagRecords: Math.max(0, endOffset - committedOffset),
        })
      }
    }
  }
  return lags
}

async function endOffsetsOf(admin: Admin, topic: string): Promise<Map<number, number>> {
  const partitions = await admin.fetchTopicOffsets(topic)
  return new Map(partitions.map(({ partition, high }) => [partition, Number(high)]))
}

async function uncommittedOf(
  admin: Admin,
  reads: readonly GroupReads[],
  lags: readonly TopicLag[],
): Promise<UncommittedPartition[]> {
  const there = new Set(await admin.listTopics())
  const places = new Set(lags.map(({ group, topic, partition }) => `${group} ${topic} ${String(partition)}`))
  const found = await Promise.all(
    reads
      .filter(({ topic }) => there.has(topic))
      .map(async ({ group, topic }) =>
        (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => {
          return { group, topic, partition, firstOffset: Number(low), endOffset: Number(high) }
        }),
      ),
  )
  return found
    .flat()
    .filter(({ group, topic, partition }) => !places.has(`${group} ${topic} ${String(partition)}`))
}

async function membersOf(admin: Admin, groups: readonly string[]): Promise<Map<string, number>> {
  if (groups.length === 0) return new Map()
  const found = await admin.describeGroups([...groups])
  return new Map(found.groups.map(({ groupId, members }) => [groupId, members.length]))
}
