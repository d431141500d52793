import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, Kafka, PartitionAssigner } from 'kafkajs'
import type { StreamsLimits } from '../config.ts'
import { recordsFrom } from './wire/kafka-batch.ts'
import { classifyKafkaError, topicsMissing } from './kafka-errors.ts'
import type { FetchAnswer, FetchedRecords } from './wire/kafka-fetch-answer.ts'
import { withOwnFetches } from './wire/kafka-fetches.ts'
import { policyOf } from '../errors.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Logger } from '../stage.ts'
import { LOG_EVENTS } from '../signals.ts'

/** What one partition gave. */
export interface FetchedPartition {
  partition: number
  records: readonly RawRecord[]
  /** Of the first record batch (RecordBatch.producerTimeMs); null when nothing came. */
  producerTimeMs: number | null
  nextOffset: number
}

/** Reads every partition of one topic by offset. No consumer group is made, so none is left behind. */
export interface LogCursor {
  readonly partitions: readonly number[]
  /** First offset not read yet, per partition. */
  readonly positions: ReadonlyMap<number, number>
  /** End offsets when the cursor was opened, per partition. */
  readonly ends: ReadonlyMap<number, number>
  /** True when everything below the end offsets at the start was read, or was found to hold nothing. */
  caughtUp(): boolean
  /** One round of fetches, one request per leader. Waits up to `fetchWaitMs` for something new. */
  poll(): Promise<FetchedPartition[]>
  close(): Promise<void>
}

export interface LogCursorParts {
  kafka: Kafka
  brokers: readonly string[]
  topicName: string
  /** A map: the offset of each partition; partitions that it leaves out begin at their end. */
  startFrom: 'earliest' | 'latest' | ReadonlyMap<number, number>
  limits: StreamsLimits
  log: Logger
  /** Told when retention removed records before they were read. */
  lost?(partition: number, wanted: number, first: number): void
}

const READ_COMMITTED = 1
/** An empty tail (compacted away, batches without records) answers nothing this often before it counts as read. */
const EMPTY_ANSWERS_MAX = 3
const RETRY_MS = 100

/** @throws OperatorError when no broker answers or the topic does not exist */
export async function openLogCursor(parts: LogCursorParts): Promise<LogCursor> {
  const { kafka, brokers, topicName, startFrom, limits, log } = parts
  const { cluster, disconnect } = await connectCluster(kafka)
  const emptyAnswers = new Map<number, number>()
  let brokenSinceMs: number | null = null

  try {
    await cluster.addMultipleTargetTopics([topicName])
  } catch (error) {
    await disconnect()
    throw classifyKafkaError(error, brokers)
  }
  const partitions = cluster
    .findTopicPartitionMetadata(topicName)
    .map(({ partitionId }) => partitionId)
    .sort((a, b) => a - b)
  if (partitions.length === 0) {
    await disconnect()
    throw topicsMissing([topicName])
  }
  const ends = await offsetsOf(false)
  const positions = new Map(startFrom === 'earliest' ? await offsetsOf(true) : ends)
  if (typeof startFrom !== 'string')
    for (const [partition, offset] of startFrom) positions.set(partition, offset)

  async function offsetsOf(
    fromBeginning: boolean,
    only: readonly number[] = partitions,
  ): Promise<Map<number, number>> {
    const asked = { topic: topicName, partitions: only.map((partition) => ({ partition })), fromBeginning }
    for (let attempt = 1; ; attempt++) {
      try {
        const [answer] = await cluster.fetchTopicsOffset([asked])
        return new Map(answer!.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
      } catch (error) {
        if (attempt > limits.retryAttemptsMax) throw classifyKafkaError(error, brokers)
        await sleep(RETRY_MS * attempt)
        await cluster.refreshMetadata()
      }
    }
  }

  const isBehind = (partition: number) =>
    positions.get(partition)! < ends.get(partition)! && (emptyAnswers.get(partition) ?? 0) < EMPTY_ANSWERS_MAX

  async function poll(): Promise<FetchedPartition[]> {
    const perLeader = leaders()
    if (perLeader instanceof Error) {
      await recover(perLeader)
      return []
    }
    const answers = await Promise.allSettled(perLeader.map(([nodeId, ids]) => fetchFrom(nodeId, ids)))
    const fetched = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    for (const { partition, nextOffset } of fetched) {
      emptyAnswers.delete(partition)
      positions.set(partition, nextOffset)
    }
    const broken = answers.find((answer) => answer.status === 'rejected')
    if (broken === undefined) brokenSinceMs = null
    else await recover(broken.reason)
    return fetched.filter(({ records }) => records.length > 0)
  }

  function leaders(): [nodeId: string, ids: number[]][] | Error {
    try {
      const perLeader = Object.entries(cluster.findLeaderForPartitions(topicName, [...partitions]))
      return perLeader.map(([nodeId, ids]) => [nodeId, ids.map(Number)])
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  async function fetchFrom(nodeId: string, ids: readonly number[]): Promise<FetchedPartition[]> {
    const fetched = await fetchPartitions(nodeId, ids)
    const silent = ids.filter((id) => isBehind(id) && !fetched.some(({ partition }) => partition === id))
    for (const id of silent) {
      // Another partition may have used up the answer: only asked alone does silence mean that nothing is there.
      const alone = await fetchPartitions(nodeId, [id]).catch(() => null)
      if (alone === null) break
      if (alone.length === 0) emptyAnswers.set(id, (emptyAnswers.get(id) ?? 0) + 1)
      else fetched.push(...alone)
    }
    return fetched
  }

  async function fetchPartitions(nodeId: string, ids: readonly number[]): Promise<FetchedPartition[]> {
    const broker = await cluster.findBroker({ nodeId })
    const answer = (await broker.fetch({
      isolationLevel: READ_COMMITTED,
      maxWaitTime: limits.fetchWaitMs,
      minBytes: 1,
      maxBytes: limits.fetchBytesMax,
      topics: [
        {
          topic: topicName,
          partitions: ids.map((partition) => ({
            partition,
            fetchOffset: String(positions.get(partition)!),
            maxBytes: limits.fetchPartitionBytesMax,
          })),
        },
      ],
    })) as FetchAnswer
    return answer.responses
      .flatMap(({ partitions: answered }) => answered)
      .map(({ partition, messages }) => readFrom(positions.get(partition)!, partition, messages))
      .filter(({ partition, nextOffset }) => nextOffset > positions.get(partition)!)
  }

  /** A moved leader or a broken connection is looked up again; an offset that retention removed starts at the beginning. */
  async function recover(error: unknown): Promise<void> {
    const { name, host, port, partition } = error as Error & {
      host?: string
      port?: number
      partition?: number
    }
    if (name === 'KafkaJSOffsetOutOfRange' && partition !== undefined) {
      const wanted = positions.get(partition)!
      const first = (await offsetsOf(true, [partition])).get(partition)!
      positions.set(partition, first)
      if (first > wanted) parts.lost?.(partition, wanted, first)
      return
    }
    const classified = classifyKafkaError(error, brokers)
    const now = Date.now()
    brokenSinceMs ??= now
    const passes =
      policyOf(classified) === 'transient' || classified.code === 'kafka_unreachable' || isStale(error)
    if (!passes || now - brokenSinceMs > limits.brokerOutageSecondsMax * 1_000) throw classified
    log.debug({ topic: topicName, error: (error as Error).message }, LOG_EVENTS.fetchFailed)
    if (host !== undefined && port !== undefined) cluster.removeBroker({ host, port })
    await sleep(RETRY_MS)
    try {
      if (!cluster.isConnected()) await cluster.connect()
      await cluster.refreshMetadata()
    } catch (refreshError) {
      log.debug({ topic: topicName, error: refreshError }, LOG_EVENTS.metadataNotRefreshed)
    }
  }

  return { partitions, positions, ends, poll, close: disconnect, caughtUp: () => !partitions.some(isBehind) }
}

function readFrom(from: number, partition: number, messages: readonly FetchedRecords[]): FetchedPartition {
  // Past the last record batch as a whole: its last records may have been compacted away.
  const nextOffset = Math.max(from, Number(messages.at(-1)?.offset ?? -1) + 1)
  const producerTimeMs = messages[0]?.producerTimeMs ?? null
  return { partition, records: recordsFrom(from, messages), producerTimeMs, nextOffset }
}

function isStale(error: unknown): boolean {
  const { type, name } = error as { type?: string; name?: string }
  return (
    /LEADER|UNKNOWN_TOPIC_OR_PARTITION/.test(type ?? '') ||
    /MetadataNotLoaded|BrokerNotFound/.test(name ?? '')
  )
}

/** kafkajs shows its cluster to partition assigners only; this consumer never joins a group. */
async function connectCluster(kafka: Kafka): Promise<{ cluster: Cluster; disconnect(): Promise<void> }> {
  let shown: Cluster | undefined
  const look: PartitionAssigner = ({ cluster }) => {
    shown = cluster
    return {
      name: 'none',
      version: 0,
      assign: () => Promise.resolve([]),
      protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
    }
  }
  const consumer = kafka.consumer({
    groupId: 'feedloop-no-group',
    partitionAssigners: [withOwnFetches(look)],
    allowAutoTopicCreation: false,
  })
  await consumer.connect()
  return { cluster: shown!, disconnect: () => consumer.disconnect() }
}
