import type { RawRecord } from '#streams'
import { dayOf } from './archive-names.ts'

/** A piece of one partition that is to become a file. */
export interface ArchivePiece {
  day: string
  partition: number
  firstOffset: number
  nextOffset: number
  records: readonly RawRecord[]
}

export interface ArchiveBufferOptions {
  /** Of keys and values, of one file. */
  fileBytesMax: number
  /** Of all partitions together. */
  heldBytesMax: number
}

/** What was read of one topic and is in no file yet, by partition. */
export interface ArchiveBuffer {
  /** Adds what a fetch gave. @returns pieces that are full, in order */
  add(partition: number, records: readonly RawRecord[], nextOffset: number): ArchivePiece[]
  /** Kafka removed what lies before this offset, before it was read: the files say so by what they leave out. */
  lost(partition: number, first: number): ArchivePiece[]
  /** Everything that is held. */
  flush(): ArchivePiece[]
  /** Of keys and values. */
  heldBytes(): number
}

interface Held {
  day: string
  firstOffset: number
  nextOffset: number
  records: RawRecord[]
  bytes: number
}

const RECORD_BYTES = 100
const bytesOf = ({ key, value, headers }: RawRecord) =>
  RECORD_BYTES + (key?.length ?? 0) + (value?.length ?? 0) + (headers?.length ?? 0)

/**
 * Cuts what comes into files: at midnight (UTC, by the records' own time), and when one is full. A record that is late for
 * midnight stays in the day that has begun, so that the files of a partition follow one another. Offsets without records
 * belong to the file before them.
 *
 * @param starts first offset of each partition that is in no file yet
 */
export function createArchiveBuffer(
  starts: ReadonlyMap<number, number>,
  { fileBytesMax, heldBytesMax }: ArchiveBufferOptions,
): ArchiveBuffer {
  const held = new Map<number, Held>()
  const next = new Map(starts)
  let heldBytes = 0

  function take(partition: number): ArchivePiece[] {
    const own = held.get(partition)
    if (own === undefined) return []
    held.delete(partition)
    heldBytes -= own.bytes
    const { day, firstOffset, nextOffset, records } = own
    next.set(partition, nextOffset)
    return [{ day, partition, firstOffset, nextOffset, records }]
  }

  function largest(): number {
    return [...held].reduce((most, one) => (one[1].bytes > most[1].bytes ? one : most))[0]
  }

  return {
    add(partition, records, nextOffset) {
      const full: ArchivePiece[] = []
      for (const record of records) {
        const day = dayOf(record.brokerTimeMs)
        const before = held.get(partition)
        if (before !== undefined && (day > before.day || before.bytes >= fileBytesMax)) {
          before.nextOffset = record.offset
          full.push(...take(partition))
        }
        const own: Held = held.get(partition) ?? {
          day,
          firstOffset: next.get(partition) ?? record.offset,
          nextOffset: record.offset,
          records: [],
          bytes: 0,
        }
        held.set(partition, own)
        own.records.push(record)
        own.nextOffset = record.offset + 1
        own.bytes += bytesOf(record)
        heldBytes += bytesOf(record)
      }
      const own = held.get(partition)
      if (own !== undefined) own.nextOffset = Math.max(own.nextOffset, nextOffset)
      while (heldBytes > heldBytesMax) full.push(...take(largest()))
      return full
    },
    lost(partition, first) {
      const piece = take(partition)
      next.set(partition, first)
      return piece
    },
    flush: () => [...held.keys()].flatMap(take),
    heldBytes: () => heldBytes,
  }
}
