import type { TopicKey } from '#schemas'
import type { StreamsLimits } from './config.ts'
import { OutputsFullError } from './errors.ts'
import type { OutputSession } from './output-session.ts'

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

/** Records in order: those that wait, and the bytes of the one request that is on its way. */
export interface OutputQueue {
  /** @throws OutputsFullError when that would hold more than `outputsBytesMax` */
  mustFit(bytes: number): void
  add(record: OutboundRecord): void
  /** As much waits as a request should have. */
  isWorthSending(): boolean
  readonly length: number
  heldBytes(): number
  /** The next request; at least one record, at most `produceRequestBytesMax`. */
  take(): OutboundRecord[]
  /** What was taken is no longer on its way. */
  landed(): void
  /** Drops what waits, and answers it. */
  drop(): OutboundRecord[]
}

export function createOutputQueue(
  limits: Pick<
    StreamsLimits,
    'produceRecordsMax' | 'produceBytesMax' | 'produceRequestBytesMax' | 'outputsBytesMax'
  >,
): OutputQueue {
  let queue: OutboundRecord[] = []
  let queuedBytes = 0
  let flyingBytes = 0
  return {
    mustFit(bytes) {
      const held = queuedBytes + flyingBytes
      if (held > 0 && held + bytes > limits.outputsBytesMax)
        throw new OutputsFullError(held + bytes, limits.outputsBytesMax)
    },
    add(record) {
      queue.push(record)
      queuedBytes += record.bytes
    },
    isWorthSending: () => queue.length >= limits.produceRecordsMax || queuedBytes >= limits.produceBytesMax,
    get length() {
      return queue.length
    },
    heldBytes: () => queuedBytes + flyingBytes,
    take() {
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
      return records
    },
    landed: () => void (flyingBytes = 0),
    drop() {
      const dropped = queue
      queue = []
      queuedBytes = 0
      return dropped
    },
  }
}
