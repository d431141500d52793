import type { EachBatchPayload } from 'kafkajs'
import type { StreamsLimits } from '../../config.ts'
import { isOwnershipLost } from '../kafka-errors.ts'
import type { Logger } from '../../stage.ts'
import { LOG_EVENTS } from '../../signals.ts'

export interface HeartbeatsParts {
  stage: string
  limits: StreamsLimits
  log: Logger
}

type Beat = EachBatchPayload['heartbeat']

/** The heartbeats of one member while batches are at work: kafkajs sends them between batches only. */
export interface Heartbeats {
  /** A batch is at work. */
  begin(beat: Beat): void
  end(): void
  /** The group has given our partitions to someone else, since the last join. */
  lost(): boolean
  joined(): void
  /** For good. */
  stop(): void
}

export function createHeartbeats({ stage, limits, log }: HeartbeatsParts): Heartbeats {
  let atWork = 0
  let beat: Beat | null = null
  let generation = 0
  let lost = false

  const timer = setInterval(() => {
    const read = generation
    beat?.().catch((error: unknown) => {
      if (!isOwnershipLost(error)) log.debug({ stage, error }, LOG_EVENTS.heartbeatRefused)
      else if (read === generation) lost = true
    })
  }, limits.heartbeatIntervalMs)
  timer.unref()

  return {
    begin(latest) {
      atWork += 1
      beat = latest
    },
    end() {
      atWork -= 1
      if (atWork === 0) beat = null
    },
    lost: () => lost,
    joined() {
      generation += 1
      lost = false
    },
    stop: () => clearInterval(timer),
  }
}
