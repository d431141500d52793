import { createHash } from 'node:crypto'
import type { RawRecord } from '../raw-record.ts'

export interface MemoryPartition {
  /** In offset order; compaction leaves holes. */
  records: RawRecord[]
  endOffset: number
}

/** Topics as arrays of partitions of bytes. */
export interface MemoryLog {
  readonly topics: ReadonlyMap<string, readonly MemoryPartition[]>
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
  available(topic: string, partition: number, offset: number): number
  /** First offset still there; the end offset when there is none. */
  startOffset(topic: string, partition: number): number
  endOffset(topic: string, partition: number): number
  /** Keeps the last record of each key, as a compacted topic does; tombstones stay. */
  compact(topic: string): void
  /** SHA-256 over every topic, partition, offset, time, key and value. */
  digest(): string
}

export function createMemoryLog(
  partitionCounts: Iterable<readonly [topic: string, partitions: number]>,
): MemoryLog {
  const topics = new Map<string, MemoryPartition[]>()
  for (const [topic, count] of partitionCounts) {
    topics.set(
      topic,
      Array.from({ length: count }, () => ({ records: [], endOffset: 0 })),
    )
  }

  function at(topic: string, partition: number): MemoryPartition {
    const found = topics.get(topic)?.[partition]
    if (found === undefined) throw new Error(`the log has no partition ${partition} of ${topic}`)
    return found
  }

  return {
    topics,
    append(topic, partition, { key, value, brokerTimeMs }) {
      const log = at(topic, partition)
      const record = { partition, offset: log.endOffset, key, value, brokerTimeMs }
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
      return log.records.length - firstAt(log.records, offset)
    },
    startOffset(topic, partition) {
      const log = at(topic, partition)
      return log.records[0]?.offset ?? log.endOffset
    },
    endOffset: (topic, partition) => at(topic, partition).endOffset,
    compact(topic) {
      for (const log of topics.get(topic) ?? []) {
        const last = new Map(log.records.map((record) => [record.key?.toString('hex'), record.offset]))
        log.records = log.records.filter((record) => last.get(record.key?.toString('hex')) === record.offset)
      }
    },
    digest() {
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
    },
  }
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
