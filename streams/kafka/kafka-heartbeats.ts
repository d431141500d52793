import type { EachBatchPayload } from 'kafkajs'
import type { StreamsLimits } from '../config.ts'
import { isOwnershipLost } from './kafka-errors.ts'
import type { Logger, Signals } from '../stage.ts'

export interface HeartbeatsParts {
  stage: string
  payload: Pick<EachBatchPayload, 'heartbeat' | 'batch'>
  limits: StreamsLimits
  log: Logger
  signals: Signals
}

/**
 * Keeps the member alive while a batch is at work: kafkajs sends heartbeats between batches only. Also the watchdog
 * of the batch: one that takes longer than `stageProgressSecondsMax` is called out once.
 */
export function createHeartbeats({ stage, payload, limits, log, signals }: HeartbeatsParts) {
  const startedMs = performance.now()
  let lost = false
  let stalled = false

  const timer = setInterval(() => {
    payload.heartbeat().catch((error: unknown) => {
      if (isOwnershipLost(error)) lost = true
      else log.debug({ stage, error }, 'heartbeat not taken; the next one tells')
    })
    const seconds = (performance.now() - startedMs) / 1_000
    if (stalled || seconds < limits.stageProgressSecondsMax) return
    stalled = true
    const { topic, partition } = payload.batch
    signals.count('stages_stalled', { stage })
    log.error({ stage, topic, partition, seconds: Math.round(seconds) }, 'a batch makes no progress')
  }, limits.heartbeatIntervalMs)

  return {
    /** The group has given our partitions to someone else. */
    lost: () => lost,
    stop: () => clearInterval(timer),
  }
}
