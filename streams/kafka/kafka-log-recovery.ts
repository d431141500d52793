import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from 'kafkajs'
import type { StreamsLimits } from '../config.ts'
import { policyOf } from '../errors.ts'
import type { Logger } from '../stage.ts'
import { RETRY_MS } from './kafka-cluster.ts'
import { classifyKafkaError } from './kafka-errors.ts'
import { LOG_EVENTS } from '../signals.ts'

export interface LogRecoveryParts {
  cluster: Cluster
  brokers: readonly string[]
  topicName: string
  limits: Pick<StreamsLimits, 'brokerOutageSecondsMax'>
  log: Logger
  /** Retention took the offset that this partition was asked for. */
  restart(partition: number): Promise<void>
}

/** What a reader of a log does about failed fetches; an outage passes, or lasts `brokerOutageSecondsMax` at most. */
export interface LogRecovery {
  /** A moved leader or a broken connection is looked up again; an offset that retention removed starts at the beginning. */
  recover(error: unknown): Promise<void>
  /** Every fetch was answered. */
  healed(): void
}

export function createLogRecovery(parts: LogRecoveryParts): LogRecovery {
  const { cluster, brokers, topicName, limits, log } = parts
  let brokenSinceMs: number | null = null
  return {
    healed: () => void (brokenSinceMs = null),
    async recover(error) {
      const { name, host, port, partition } = error as Error & {
        host?: string
        port?: number
        partition?: number
      }
      if (name === 'KafkaJSOffsetOutOfRange' && partition !== undefined) return parts.restart(partition)
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
    },
  }
}

function isStale(error: unknown): boolean {
  const { type, name } = error as { type?: string; name?: string }
  return (
    /LEADER|UNKNOWN_TOPIC_OR_PARTITION/.test(type ?? '') ||
    /MetadataNotLoaded|BrokerNotFound/.test(name ?? '')
  )
}
