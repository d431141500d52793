import type { ConsumerCrashEvent } from 'kafkajs'
import type { StreamsLimits } from '../../config.ts'
import { ConsumerSilentError, StageStuckError } from '../../errors.ts'
import type { ProgressVerdict } from '../../progress.ts'
import type { Clock, Logger, Signals } from '../../stage.ts'
import { classifyKafkaError } from '../kafka-errors.ts'
import type { Heartbeats } from './kafka-heartbeats.ts'
import type { MemberEnd } from './kafka-member-end.ts'
import type { createRejoin } from './kafka-rejoin.ts'
import { LOG_EVENTS } from '../../signals.ts'

export interface OutagesParts {
  stage: string
  brokers: readonly string[]
  limits: Pick<StreamsLimits, 'brokerOutageSecondsMax'>
  clock: Clock
  log: Logger
  signals: Signals
  heartbeats: Pick<Heartbeats, 'stop'>
  rejoin: Pick<ReturnType<typeof createRejoin>, 'crashed'>
  end: Pick<MemberEnd, 'isEnding' | 'fail'>
  /** What is at work may neither commit nor seek any more. */
  generationOver(): void
}

type Stall = Exclude<ProgressVerdict, { kind: 'moves' }>

/** What one member makes of a consumer that crashes or no longer moves: it rides the outage out, or ends. */
export interface Outages {
  fetched(): void
  mayRestart(): boolean
  crashed(event: ConsumerCrashEvent): void
  stalled(stall: Stall): void
  isStalled(): boolean
}

export function createOutages(parts: OutagesParts): Outages {
  const { stage, brokers, limits, clock, log, signals, heartbeats, rejoin, end } = parts
  let fetchedAtMs = clock.nowMs()
  let isStalled = false
  return {
    fetched: () => void (fetchedAtMs = clock.nowMs()),
    mayRestart() {
      const silentMs = clock.nowMs() - fetchedAtMs
      return !end.isEnding() && silentMs < limits.brokerOutageSecondsMax * 1_000
    },
    crashed({ payload: { error, restart } }) {
      rejoin.crashed(restart)
      if (end.isEnding()) return
      if (!restart) return end.fail(classifyKafkaError(error, brokers))
      parts.generationOver()
      signals.count('consumers_restarted', { stage })
      log.warn({ stage, error: error.message }, LOG_EVENTS.consumerRestarted)
    },
    stalled({ kind, what, seconds }) {
      if (end.isEnding()) return
      signals.count('stages_stalled', { stage })
      const StalledError = kind === 'stuck' ? StageStuckError : ConsumerSilentError
      const error = new StalledError(stage, what, seconds)
      // What does not come back can neither commit nor seek, and does not keep our place in the group.
      parts.generationOver()
      heartbeats.stop()
      isStalled = true
      end.fail(error)
    },
    isStalled: () => isStalled,
  }
}
