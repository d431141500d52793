import type { Cluster, Kafka } from 'kafkajs'
import type { StreamsLimits } from '../config.ts'
import type { Logger } from '../stage.ts'
import { connectCluster, partitionOffsets } from './kafka-cluster.ts'
import { classifyKafkaError, topicsMissing } from './kafka-errors.ts'
import { createLogFetches, type FetchedPartition } from './kafka-log-fetches.ts'
import { createLogRecovery } from './kafka-log-recovery.ts'

/** Reads the partitions of one topic by offset. No consumer group is made, so none is left behind. */
export interface LogCursor {
  readonly partitions: readonly number[]
  /** First offset not read yet, per partition. */
  readonly positions: ReadonlyMap<number, number>
  /** End offsets when the cursor was opened, per partition. */
  readonly ends: ReadonlyMap<number, number>
  /** True when everything below the end offsets at the start was read, or was found to hold nothing. */
  caughtUp(): boolean
  /** The same of one partition. */
  hasReadToEnd(partition: number): boolean
  /**
   * One round of fetches, one request per leader. Waits up to `fetchWaitMs` for something new.
   *
   * @param isWanted left out: every partition is asked; when none is wanted, nothing is asked and nothing waited for
   */
  poll(isWanted?: (partition: number) => boolean): Promise<FetchedPartition[]>
  /** The next poll begins there. */
  seek(partition: number, offset: number): void
  close(): Promise<void>
}

export interface LogCursorParts {
  kafka: Kafka
  brokers: readonly string[]
  topicName: string
  /**
   * A map: the offset of each partition; partitions that it leaves out begin at their end. A number: so many offsets
   * before the end, where there are as many.
   */
  startFrom: 'earliest' | 'latest' | ReadonlyMap<number, number> | number
  /** Partitions to read; left out: all. */
  only?: readonly number[] | undefined
  limits: StreamsLimits
  log: Logger
  /** Told when retention removed records before they were read. */
  lost?(partition: number, wanted: number, first: number): void
}

/** @throws OperatorError when no broker answers or the topic does not exist */
export async function openLogCursor(parts: LogCursorParts): Promise<LogCursor> {
  const { kafka, brokers, topicName, startFrom, limits } = parts
  const { cluster, disconnect } = await connectCluster(kafka)
  const all = await partitionsOf(cluster, topicName, brokers).catch(async (error: unknown) => {
    await disconnect()
    throw error
  })
  const partitions = parts.only === undefined ? all : all.filter((one) => parts.only!.includes(one))
  const { retryAttemptsMax } = limits
  const offsetsOf = (fromBeginning: boolean, only: readonly number[] = partitions) =>
    partitionOffsets({ topicName, partitions: only, fromBeginning }, { cluster, brokers, retryAttemptsMax })
  const ends = await offsetsOf(false)
  const isFromStart = startFrom === 'earliest' || typeof startFrom === 'number'
  const positions = new Map(isFromStart ? await offsetsOf(true) : ends)
  if (typeof startFrom === 'number')
    for (const [partition, first] of positions)
      positions.set(partition, Math.max(first, ends.get(partition)! - startFrom))
  else if (typeof startFrom !== 'string')
    for (const [partition, offset] of startFrom) positions.set(partition, offset)
  const fetches = createLogFetches({ cluster, topicName, positions, ends, limits })
  const recovery = createLogRecovery({ ...parts, cluster, restart })

  async function restart(partition: number): Promise<void> {
    const wanted = positions.get(partition)!
    const first = (await offsetsOf(true, [partition])).get(partition)!
    positions.set(partition, first)
    if (first > wanted) parts.lost?.(partition, wanted, first)
  }

  async function poll(isWanted: (partition: number) => boolean = () => true): Promise<FetchedPartition[]> {
    const wanted = partitions.filter(isWanted)
    if (wanted.length === 0) return []
    const perLeader = leadersOf(cluster, topicName, wanted)
    if (perLeader instanceof Error) {
      await recovery.recover(perLeader)
      return []
    }
    const answers = await Promise.allSettled(perLeader.map(([nodeId, ids]) => fetches.from(nodeId, ids)))
    const fetched = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    for (const { partition, nextOffset } of fetched) {
      fetches.gave(partition)
      positions.set(partition, nextOffset)
    }
    const broken = answers.find((answer) => answer.status === 'rejected')
    if (broken === undefined) recovery.healed()
    else await recovery.recover(broken.reason)
    return fetched.filter(({ records }) => records.length > 0)
  }

  const caughtUp = () => !partitions.some(fetches.isBehind)
  const hasReadToEnd = (partition: number) => !fetches.isBehind(partition)
  const seek = (partition: number, offset: number) => void positions.set(partition, offset)
  return { partitions, positions, ends, poll, seek, close: disconnect, caughtUp, hasReadToEnd }
}

async function partitionsOf(
  cluster: Cluster,
  topicName: string,
  brokers: readonly string[],
): Promise<number[]> {
  try {
    await cluster.addMultipleTargetTopics([topicName])
  } catch (error) {
    throw classifyKafkaError(error, brokers)
  }
  const partitions = cluster
    .findTopicPartitionMetadata(topicName)
    .map(({ partitionId }) => partitionId)
    .sort((a, b) => a - b)
  if (partitions.length === 0) throw topicsMissing([topicName])
  return partitions
}

function leadersOf(
  cluster: Cluster,
  topicName: string,
  partitions: readonly number[],
): [nodeId: string, ids: number[]][] | Error {
  try {
    const perLeader = Object.entries(cluster.findLeaderForPartitions(topicName, [...partitions]))
    return perLeader.map(([nodeId, ids]) => [nodeId, ids.map(Number)])
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
