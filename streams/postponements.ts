import type { TopicKey } from '#schemas'
import type { StreamsLimits } from './config.ts'
import type { Postponed } from './fill-batch.ts'
import type { RawBatch } from './raw-record.ts'
import type { RunOutcome } from './stage-runner.ts'
import type { Logger, Signals } from './stage.ts'
import { LOG_EVENTS } from './signals.ts'

export interface PostponementsParts {
  stage: string
  log: Logger
  signals: Signals
  limits: Pick<StreamsLimits, 'retryAttemptsMax' | 'retryDelayMs' | 'retryDelayMaxMs'>
}

/** How often each partition has tried the record that it waits at, and how long it waits. */
export interface Postponements<K extends TopicKey> {
  postpone(topic: string, raw: RawBatch<K>, postponed: Postponed, commit: number | null): RunOutcome
  /** The partition waits no longer. */
  over(topic: string, partition: number): void
}

export function createPostponements<K extends TopicKey>(parts: PostponementsParts): Postponements<K> {
  const { log, signals, limits } = parts
  /** Per partition, the record that it waits at. */
  const attempts = new Map<string, { offset: number; count: number }>()

  function postpone(
    topic: string,
    raw: RawBatch<K>,
    postponed: Postponed,
    commit: number | null,
  ): RunOutcome {
    const { offset, reason, cause } = postponed
    const place = `${topic}/${raw.partition}`
    const before = attempts.get(place)
    const count = before?.offset === offset ? before.count + 1 : 1
    attempts.set(place, { offset, count })
    signals.count('records_retried', { stage: parts.stage, topic: raw.topic, reason })
    const parked = count >= limits.retryAttemptsMax
    const delayMs = Math.min(limits.retryDelayMs * 2 ** (count - 1), limits.retryDelayMaxMs)
    const fields = {
      stage: parts.stage,
      topic,
      partition: raw.partition,
      offset,
      reason,
      count,
      delayMs,
      cause,
    }
    if (parked) signals.count('records_parked', { stage: parts.stage, topic: raw.topic, reason })
    if (count === limits.retryAttemptsMax) log.error(fields, LOG_EVENTS.recordParked)
    else log.warn({ ...fields, parked }, LOG_EVENTS.recordPostponed)
    return { kind: 'retry', offset, commit, delayMs, parked }
  }

  return { postpone, over: (topic, partition) => void attempts.delete(`${topic}/${partition}`) }
}
