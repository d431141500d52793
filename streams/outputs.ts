import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { Codec, RecordOf, TopicKey } from '#schemas'
import type { StreamsLimits } from './config.ts'
import { OutputsFullError } from './errors.ts'
import { partitionOf } from './partitioner.ts'
import type { Clock, Outputs, Signals } from './stage.ts'

/** A record on its way out. */
export interface OutboundRecord {
  topic: TopicKey
  partition: number
  key: Buffer
  value: Buffer | null
  bytes: number
  /** Who waits for it. */
  session: OutputSession
}

interface OutputSession {
  added: number
  /** Acknowledged or given up; always the oldest ones, since the queue keeps order. */
  settled: number
  failure: { error: unknown } | null
  waiting: { upTo: number; resolve(): void; reject(error: unknown): void }[]
}

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
  let queue: OutboundRecord[] = []
  let queuedBytes = 0
  let flyingBytes = 0
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
    const held = queuedBytes + flyingBytes
    if (held > 0 && held + bytes > limits.outputsBytesMax)
      throw new OutputsFullError(held + bytes, limits.outputsBytesMax)
    queue.push({ topic, partition, key, value, bytes, session })
    queuedBytes += bytes
    added += 1
    session.added += 1
    if (queue.length >= limits.produceRecordsMax || queuedBytes >= limits.produceBytesMax) sendAll()
  }

  function flush(session: OutputSession): Promise<void> {
    if (session.failure !== null) {
      const { error } = session.failure
      session.failure = null
      return Promise.reject(error)
    }
    if (session.settled === session.added) return Promise.resolve()
    sendAll()
    const sinceMs = clock.nowMs()
    const acknowledged = new Promise<void>((resolve, reject) =>
      session.waiting.push({ upTo: session.added, resolve, reject }),
    )
    return acknowledged.finally(() =>
      signals.count('outputs_waited_ms', labels, Math.max(0, clock.nowMs() - sinceMs)),
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
      const records = takeRequest()
      signals.gauge('outputs_held_bytes', queuedBytes + flyingBytes, labels)
      try {
        await parts.deliver(records)
        for (const { session } of records) acknowledge(session)
      } catch (error) {
        const lost = records.concat(queue)
        queue = []
        queuedBytes = 0
        taken = added
        for (const session of new Set(lost.map((record) => record.session))) fail(session, error)
      } finally {
        flyingBytes = 0
        signals.gauge('outputs_held_bytes', queuedBytes, labels)
      }
    }
    pumping = false
  }

  function takeRequest(): OutboundRecord[] {
    let count = 0
    let bytes = 0
    while (count < queue.length) {
      const next = queue[count]!.bytes
      if (count > 0 && bytes + next > limits.produceRequestBytesMax) break
      bytes += next
      count += 1
    }
    const records = queue.slice(0, count)
    queue = queue.slice(count)
    queuedBytes -= bytes
    flyingBytes = bytes
    taken += count
    return records
  }

  return {
    session() {
      const session: OutputSession = { added: 0, settled: 0, failure: null, waiting: [] }
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

function acknowledge(session: OutputSession): void {
  session.settled += 1
  while (session.waiting.length > 0 && session.waiting[0]!.upTo <= session.settled)
    session.waiting.shift()!.resolve()
}

function fail(session: OutputSession, error: unknown): void {
  const waiting = session.waiting
  session.waiting = []
  session.settled = session.added
  if ((waiting.at(-1)?.upTo ?? 0) < session.added) session.failure = { error }
  for (const { reject } of waiting) reject(error)
}
