import type { EachBatchPayload } from 'kafkajs'
import type { StreamsLimits } from '../config.ts'
import { isOwnershipLost } from './kafka-errors.ts'
import type { Logger } from '../stage.ts'

export interface HeartbeatsParts {
  stage: string
  payload: Pick<EachBatchPayload, 'heartbeat'>
  limits: StreamsLimits
  log: Logger
}

/** Keeps the member alive while a batch is at work: kafkajs sends heartbeats between batches only. */
export function createHeartbeats({ stage, payload, limits, log }: HeartbeatsParts) {
  let lost = false

  const timer = setInterval(() => {
    payload.heartbeat().catch((error: unknown) => {
      if (isOwnershipLost(error)) lost = true
      else log.debug({ stage, error }, 'heartbeat not taken; the next one tells')
    })
  }, limits.heartbeatIntervalMs)

  return {
    /** The group has given our partitions to someone else. */
    lost: () => lost,
    stop: () => clearInterval(timer),
  }
}
