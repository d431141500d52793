import type { Consumer, Kafka } from 'kafkajs'
import type { StreamsLimits } from '../../config.ts'
import { coPartitionAssigner } from './kafka-assigner.ts'
import { outageRetry } from '../kafka-client.ts'
import { withOwnFetches } from '../wire/kafka-fetches.ts'

export interface ConsumerParts {
  kafka: Kafka
  groupId: string
  limits: StreamsLimits
  /** Asked after a crash that may pass. */
  mayRestart(): boolean
}

/** A kafkajs consumer as this part uses it: none of its defaults for waits, sizes or retries, and our own decoder. */
export const createConsumer = ({ kafka, groupId, limits, mayRestart }: ConsumerParts): Consumer =>
  kafka.consumer({
    groupId,
    partitionAssigners: [withOwnFetches(coPartitionAssigner)],
    sessionTimeout: limits.sessionTimeoutMs,
    rebalanceTimeout: limits.rebalanceTimeoutMs,
    heartbeatInterval: limits.heartbeatIntervalMs,
    maxBytesPerPartition: limits.fetchPartitionBytesMax,
    maxBytes: limits.fetchBytesMax,
    minBytes: 1,
    maxWaitTimeInMs: limits.fetchWaitMs,
    allowAutoTopicCreation: false,
    retry: { ...outageRetry(limits), retries: 5, restartOnFailure: () => Promise.resolve(mayRestart()) },
  })

/** Waits no longer than this; what comes later is nobody's concern. */
export async function withinMs<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, ms, undefined)))
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
