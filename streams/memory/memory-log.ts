import { createHash } from 'node:crypto'
import { OperatorError } from '../errors.ts'
import type { RawRecord } from '../raw-record.ts'

/** What one topic may hold, over all its partitions. */
export interface MemoryBounds {
  topicRecordsMax: number
  /** Keys and values. */
  topicBytesMax: number
}

export const MEMORY_BOUNDS: MemoryBounds = { topicRecordsMax: 5_000_000, topicBytesMax: 2 ** 30 }

export interface MemoryPartition {
  /** In offset order; compaction leaves holes. */
  records: RawRecord[]
  /** Everything below was forgotten; compaction does not move it. */
  lowOffset: number
  endOffset: number
}

export interface MemoryLogOptions {
  bounds?: Partial<MemoryBounds>
  /** Asked when a topic is full, to forget some of it. */
  makeRoom?(topic: string): void
}

/** Topics as arrays of partitions of bytes. */
export interface MemoryLog {
  readonly topics: ReadonlyMap<string, readonly MemoryPartition[]>
  /** @throws OperatorError `memory_log_full` when the topic may not hold more */
  append(
    topic: string,
    partition: number,
    record: { key: Buffer | null; value: Buffer | null; brokerTimeMs: number },
  ): RawRecord
  /** Up to `recordsMax` records from this offset on; `nextOffset` is where the next read begins. */
  read(
    topic: string,
    partition: number,
    offset: number,
    recordsMax: number,
  ): { records: RawRecord[]; nextOffset: number }
  /** Records from this offset on; offsets alone count as one. */
  available(topic: string, partition: number, offset: number): number
  /** So many offsets that hold nothing to read, as the records and the end of a transaction that was taken back. */
  skip(topic: string, partition: number, offsets: number): void
  /** First offset still there; the end offset when there is none. */
  startOffset(topic: string, partition: number): number
  lowOffset(topic: string, partition: number): number
  endOffset(topic: string, partition: number): number
  /** Keeps the last record of each key, as a compacted topic does, and what is not below `before`; tombstones stay. */
  compact(topic: string, partition: number, before: number): void
  /** Everything below the offset is gone, as after retention. */
  forget(topic: string, partition: number, before: number): void
  /** SHA-256 over every topic, partition, offset, time, key and value. */
  digest(): string
}

export function createMemoryLog(
  partitionCounts: Iterable<readonly [topic: string, partitions: number]>,
  { bounds, makeRoom }: MemoryLogOptions = {},
): MemoryLog {
  const { topicRecordsMax, topicBytesMax } = { ...MEMORY_BOUNDS, ...bounds }
  const held = new Map<string, { records: number; bytes: number }>()
  const topics = new Map<string, MemoryPartition[]>()
  for (const [topic, count] of partitionCounts) {
    held.set(topic, { records: 0, bytes: 0 })
    topics.set(topic, Array.from({ length: count }, emptyPartition))
  }

  function at(topic: string, partition: number): MemoryPartition {
    const found = topics.get(topic)?.[partition]
    if (found === undefined) throw new Error(`the log has no partition ${partition} of ${topic}`)
    return found
  }

  const isFull = (topic: string, bytes: number) => {
    const { records, bytes: heldBytes } = held.get(topic)!
    return records + 1 > topicRecordsMax || heldBytes + bytes > topicBytesMax
  }

  function keepOnly(topic: string, log: MemoryPartition, keeps: (record: RawRecord) => boolean): void {
    const kept = log.records.filter(keeps)
    const total = held.get(topic)!
    total.records -= log.records.length - kept.length
    total.bytes -= bytesOf(log.records) - bytesOf(kept)
    log.records = kept
  }

  return {
    topics,
    append(topic, partition, { key, value, brokerTimeMs }) {
      const log = at(topic, partition)
      const record = { partition, offset: log.endOffset, key, value, brokerTimeMs }
      const bytes = sizeOf(record)
      if (isFull(topic, bytes)) makeRoom?.(topic)
      if (isFull(topic, bytes)) throw logFull(topic, held.get(topic)!, { topicRecordsMax, topicBytesMax })
      const total = held.get(topic)!
      total.records += 1
      total.bytes += bytes
      log.records.push(record)
      log.endOffset += 1
      return record
    },
    read(topic, partition, offset, recordsMax) {
      const log = at(topic, partition)
      const from = firstAt(log.records, offset)
      const records = log.records.slice(from, from + recordsMax)
      const reachesEnd = from + records.length === log.records.length
      return { records, nextOffset: reachesEnd ? log.endOffset : records.at(-1)!.offset + 1 }
    },
    available(topic, partition, offset) {
      const log = at(topic, partition)
      const records = log.records.length - firstAt(log.records, offset)
      return records === 0 && offset < log.endOffset ? 1 : records
    },
    skip: (topic, partition, offsets) => void (at(topic, partition).endOffset += offsets),
    startOffset(topic, partition) {
      const log = at(topic, partition)
      return log.records[0]?.offset ?? log.endOffset
    },
    lowOffset: (topic, partition) => at(topic, partition).lowOffset,
    endOffset: (topic, partition) => at(topic, partition).endOffset,
    compact(topic, partition, before) {
      const log = at(topic, partition)
      const last = new Map(log.records.map(({ key, offset }) => [key?.toString('hex'), offset]))
      keepOnly(topic, log, ({ key, offset }) => offset >= before || last.get(key?.toString('hex')) === offset)
    },
    forget(topic, partition, before) {
      const log = at(topic, partition)
      keepOnly(topic, log, ({ offset }) => offset >= before)
      log.lowOffset = Math.max(log.lowOffset, before)
    },
    digest: () => digestOf(topics),
  }
}

const emptyPartition = (): MemoryPartition => ({ records: [], lowOffset: 0, endOffset: 0 })

function digestOf(topics: MemoryLog['topics']): string {
  const hash = createHash('sha256')
  for (const [topic, partitions] of topics) {
    for (const { records } of partitions) {
      for (const { partition, offset, brokerTimeMs, key, value } of records) {
        hash.update(
          `${topic} ${partition} ${offset} ${brokerTimeMs} ${key?.length ?? -1} ${value?.length ?? -1} `,
        )
        hash.update(key ?? '').update(value ?? '')
      }
    }
  }
  return hash.digest('hex')
}

const sizeOf = ({ key, value }: RawRecord): number => (key?.length ?? 0) + (value?.length ?? 0)

const bytesOf = (records: readonly RawRecord[]): number =>
  records.reduce((sum, record) => sum + sizeOf(record), 0)

function logFull(
  topic: string,
  held: { records: number; bytes: number },
  bounds: MemoryBounds,
): OperatorError {
  const [bound, max] =
    held.records >= bounds.topicRecordsMax
      ? ['topicRecordsMax', bounds.topicRecordsMax]
      : ['topicBytesMax', bounds.topicBytesMax]
  const message =
    `Topic ${topic} is full: it holds ${held.records} records and ${held.bytes} bytes in memory. Raise bounds.${bound} ` +
    `(${max}), or let it forget what was read (retained: 'unread').`
  return new OperatorError('memory_log_full', message)
}

/** Index of the first record at or after an offset. */
function firstAt(records: readonly RawRecord[], offset: number): number {
  let [low, high] = [0, records.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (records[middle]!.offset < offset) low = middle + 1
    else high = middle
  }
  return low
}
