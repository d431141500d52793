import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { Codec, RecordOf, TopicKey } from '#schemas'
import type { StreamsLimits } from './config.ts'
import { createOutputQueue, type OutboundRecord } from './output-queue.ts'
import {
  acknowledge,
  acknowledgmentOf,
  createOutputSession,
  failSession,
  takeFailure,
  type OutputSession,
} from './output-session.ts'
import { partitionOf } from './partitioner.ts'
import type { Clock, Outputs, Signals } from './stage.ts'

export type { OutboundRecord } from './output-queue.ts'

export interface AccumulatorParts {
  /** For metrics: the stage or service that writes. */
  name: string
  clock: Clock
  signals: Signals
  codec: Codec
  limits: Pick<
    StreamsLimits,
    'produceRecordsMax' | 'produceBytesMax' | 'produceRequestBytesMax' | 'outputsBytesMax'
  >
  partitionCount(topic: TopicKey): number
  /** Resolves when all are acknowledged; records of one partition keep their order. One call at a time. */
  deliver(records: OutboundRecord[]): Promise<void>
}

export interface Accumulator {
  /** Outputs that wait for, and fail with, their own records only; all share one stream to the broker. */
  session(): Outputs
  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void>
}

/**
 * Buffers records and sends them when there are enough of them or somebody flushes; one request in flight, so
 * order holds and requests grow by themselves under load. What is flushed in the same turn of the event loop goes
 * together (the partitions of one fetch); there is no timer, nothing waits longer for company.
 *
 * When a delivery fails, every record that was not acknowledged is dropped and each session that added one is
 * told by its next (or pending) flush, once.
 */
export function createAccumulator(parts: AccumulatorParts): Accumulator {
  const { codec, limits, clock, signals } = parts
  const labels = { outputs: parts.name }
  const queue = createOutputQueue(limits)
  let added = 0
  let taken = 0
  let wanted = 0
  let pumping = false
  let pump: Promise<void> = Promise.resolve()

  function add<K extends TopicKey>(
    session: OutputSession,
    topic: K,
    record: { key: string; value: RecordOf[K] | null; partition?: number },
  ): void {
    const key = Buffer.from(record.key)
    const value = record.value === null ? null : codec.encode(topic, record.value)
    const partition = record.partition ?? partitionOf(key, parts.partitionCount(topic))
    const bytes = key.length + (value?.length ?? 0)
    queue.mustFit(bytes)
    queue.add({ topic, partition, key, value, bytes, session })
    added += 1
    session.added += 1
    if (queue.isWorthSending()) sendAll()
  }

  function flush(session: OutputSession): Promise<void> {
    const failure = takeFailure(session)
    if (failure !== null) return Promise.reject(failure.error)
    if (session.settled === session.added) return Promise.resolve()
    sendAll()
    const sinceMs = clock.nowMs()
    return acknowledgmentOf(session).finally(() =>
      signals.count('outputs_waited_seconds', labels, Math.max(0, clock.nowMs() - sinceMs) / 1_000),
    )
  }

  function sendAll(): void {
    wanted = added
    if (pumping) return
    pumping = true
    pump = deliverWanted()
  }

  async function deliverWanted(): Promise<void> {
    await endOfTurn()
    while (taken < wanted && queue.length > 0) {
      const records = queue.take()
      taken += records.length
      signals.gauge('outputs_held_bytes', queue.heldBytes(), labels)
      try {
        await parts.deliver(records)
        for (const { session } of records) acknowledge(session)
      } catch (error) {
        const lost = records.concat(queue.drop())
        taken = added
        for (const session of new Set(lost.map((record) => record.session))) failSession(session, error)
      } finally {
        queue.landed()
        signals.gauge('outputs_held_bytes', queue.heldBytes(), labels)
      }
    }
    pumping = false
  }

  return {
    session() {
      const session = createOutputSession()
      return {
        add: (topic, record) => add(session, topic, record),
        flush: () => flush(session),
      }
    },
    async settled() {
      while (pumping) await pump
    },
  }
}
