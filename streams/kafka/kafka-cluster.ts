import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, Kafka, PartitionAssigner } from 'kafkajs'
import { classifyKafkaError } from './kafka-errors.ts'
import { withOwnFetches } from './wire/kafka-fetches.ts'

export const RETRY_MS = 100

/** kafkajs shows its cluster to partition assigners only; this consumer never joins a group. */
export async function connectCluster(
  kafka: Kafka,
): Promise<{ cluster: Cluster; disconnect(): Promise<void> }> {
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

export interface PartitionOffsetsQuestion {
  topicName: string
  partitions: readonly number[]
  /** First offsets instead of end offsets. */
  fromBeginning: boolean
}

/** Offsets per partition, asked for `retryAttemptsMax` times more. */
export async function partitionOffsets(
  { topicName, partitions, fromBeginning }: PartitionOffsetsQuestion,
  { cluster, brokers, retryAttemptsMax }: ClusterParts,
): Promise<Map<number, number>> {
  const asked = {
    topic: topicName,
    partitions: partitions.map((partition) => ({ partition })),
    fromBeginning,
  }
  for (let attempt = 1; ; attempt++) {
    try {
      const [answer] = await cluster.fetchTopicsOffset([asked])
      return new Map(answer!.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
    } catch (error) {
      if (attempt > retryAttemptsMax) throw classifyKafkaError(error, brokers)
      await sleep(RETRY_MS * attempt)
      await cluster.refreshMetadata()
    }
  }
}

export interface ClusterParts {
  cluster: Cluster
  brokers: readonly string[]
  retryAttemptsMax: number
}
