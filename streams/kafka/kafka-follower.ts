import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import type { Codec, TopicKey } from '#schemas'
import type { StreamsLimits } from '../config.ts'
import { decodeRecord } from '../decode-record.ts'
import { deferred } from '../deferred.ts'
import { openLogCursor } from './kafka-log-cursor.ts'
import { tellLostRecords } from '../lost-records.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Follower, Logger, RunningStage, Signals, StageRecord } from '../stage.ts'
import { LOG_EVENTS } from '../signals.ts'

export interface KafkaFollowerParts {
  kafka: Kafka
  brokers: readonly string[]
  codec: Codec
  limits: StreamsLimits
  log: Logger
  signals: Signals
  topicName(topic: TopicKey): string
}

/**
 * Reads a whole topic and goes on with what is new, without a group. `ready` resolves when everything up to the end
 * offsets at the start was given to `record`. What cannot be decoded is logged, counted and left out: a follower is
 * one of many, and the stage that reads the topic is the one to dead-letter it.
 */
export async function runKafkaFollower<K extends TopicKey>(
  follower: Follower<K>,
  parts: KafkaFollowerParts,
): Promise<RunningStage> {
  const { limits, log, topicName } = parts
  const name = topicName(follower.topic)
  const [ready, done] = [deferred(), deferred()]
  const lost = (partition: number, wanted: number, first: number): void =>
    tellLostRecords({ stage: follower.name, topic: name, partition, wanted, first }, parts)
  const { startFrom, partitions } = follower
  const cursor = await openLogCursor({ ...parts, topicName: name, startFrom, only: partitions, lost })
  const stopping = new AbortController()
  const { signal } = stopping

  async function readOn(): Promise<void> {
    while (!signal.aborted) {
      for (const { records } of await cursor.poll()) {
        for (const record of records) {
          if (signal.aborted) return
          const taken = tell(follower, record, name, parts, signal)
          if (taken !== undefined) await taken
        }
      }
      if (cursor.caughtUp()) ready.resolve()
    }
  }

  const reading = readOn()
    .finally(() => cursor.close())
    .then(done.resolve, (error: unknown) => {
      log.error({ follower: follower.name, topic: name, error }, LOG_EVENTS.followerStopped)
      ready.reject(error)
      done.reject(error)
    })
  log.debug(
    { follower: follower.name, topic: name, fetchBytesMax: limits.fetchBytesMax },
    LOG_EVENTS.followerStarted,
  )

  return {
    ready: ready.promise,
    done: done.promise,
    async stop() {
      stopping.abort()
      await reading
    },
  }
}

function tell<K extends TopicKey>(
  follower: Follower<K>,
  raw: RawRecord,
  topic: string,
  parts: KafkaFollowerParts,
  stopping: AbortSignal,
): void | Promise<void> {
  const { partition, offset, brokerTimeMs, key } = raw
  const record: StageRecord<K> = { topic, partition, offset, brokerTimeMs, key, value: null }
  if (raw.value === null) return follower.record(record)
  const verdict = decodeRecord(parts.codec, follower.topic, raw.value, Infinity)
  if (verdict instanceof Promise || verdict.kind === 'retry')
    return tellLater(follower, raw, topic, parts, stopping)
  if (verdict.kind === 'pass') {
    record.value = verdict.value
    return follower.record(record)
  }
  leaveOut(follower, raw, topic, verdict, parts)
}

/**
 * The schema has to be fetched first, for as long as it takes: what a follower left out because of an outage would
 * be missing until its process starts again.
 */
async function tellLater<K extends TopicKey>(
  follower: Follower<K>,
  raw: RawRecord,
  topic: string,
  { limits, codec, log, signals }: KafkaFollowerParts,
  stopping: AbortSignal,
): Promise<void> {
  const { partition, offset, brokerTimeMs, key } = raw
  for (let count = 1; !stopping.aborted; count++) {
    const verdict = await decodeRecord(codec, follower.topic, raw.value!, Infinity)
    if (verdict.kind === 'pass')
      return follower.record({ topic, partition, offset, brokerTimeMs, key, value: verdict.value })
    if (verdict.kind !== 'retry') return leaveOut(follower, raw, topic, verdict, { log, signals })
    const { reason, cause } = verdict
    if (count >= limits.retryAttemptsMax)
      signals.count('records_parked', { stage: follower.name, topic: follower.topic, reason })
    if (count === limits.retryAttemptsMax)
      log.error({ follower: follower.name, topic, partition, offset, reason, cause }, LOG_EVENTS.recordParked)
    const delayMs = Math.min(limits.retryDelayMs * 2 ** (count - 1), limits.retryDelayMaxMs)
    await sleep(delayMs, undefined, { signal: stopping }).catch(() => undefined) // the loop looks
  }
}

function leaveOut(
  follower: Follower<TopicKey>,
  { partition, offset }: RawRecord,
  topic: string,
  { reason }: { reason: string },
  { log, signals }: Pick<KafkaFollowerParts, 'log' | 'signals'>,
): void {
  signals.count('records_dropped', { stage: follower.name, topic: follower.topic, reason })
  log.warn({ follower: follower.name, topic, partition, offset, reason }, LOG_EVENTS.recordDropped)
}
