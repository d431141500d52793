import type { Kept } from './pending-rows.ts'
import { createPlaces } from './places.ts'
import { readRanges } from './read-ranges.ts'
import type { ScratchFile } from './scratch-file.ts'

export interface PredictionSpaceOptions {
  /** Memory for everything that waits, `otherBytes` included. */
  memoryBytesMax: number
  /** Memory that is needed for the rest: what cannot go to disk. */
  otherBytes(): number
  /** What memory does not hold goes there; undefined: memory must do. */
  scratch: ScratchFile | undefined
  diskBytesMax: number
}

export type SpaceBound = 'pendingBytesMax' | 'pendingDiskBytesMax' | 'disk_full'

/** Where the bytes of predictions are kept, those of all partitions of a process: in memory, and what it does not hold on disk. */
export interface PredictionSpace {
  /** Of one partition: what it keeps ends with it. */
  open(): PredictionShelf
  /** Writes to disk what memory may not hold, the oldest first. */
  relieve(): Promise<void>
  /** How many bytes may wait now, on disk too and `otherBytes` included, and which bound says so. */
  room(): { bytes: number; bound: SpaceBound }
  readonly memoryBytes: number
  readonly diskBytes: number
}

export interface PredictionShelf {
  put(bytes: Uint8Array): Kept
  /** In the order in which they were asked for. */
  read(kept: readonly Kept[]): Promise<Buffer[]>
  release(kept: Kept): void
  /** Writes zeros over them, in memory or on disk, and releases them. */
  erase(kept: readonly Kept[]): Promise<void>
  /** Nothing may be read meanwhile. */
  close(): void
  /** In memory and on disk, with what is free between. */
  readonly bytes: number
}

/** A piece of memory, or of the file. It is filled from the front, and given back as a whole when nothing in it is kept. */
interface Chunk {
  number: number
  capacity: number
  used: number
  kept: number
  /** null: it is on disk. */
  memory: Buffer | null
  /** On disk, in units of `chunkBytes`; -1: it is not there. */
  place: number
  isOpen: boolean
}

/** Chunks are numbered in 32 bits; then anew. */
const NUMBER_MAX = 2 ** 32 - 1
const CHUNK_BYTES_MAX = 256 * 1_024
const CHUNK_BYTES_MIN = 4_096
/** Share of its memory. */
const RETRIED_FROM = 0.5
/** So that open chunks are a small share of a small memory. */
const CHUNKS_MIN = 64

/**
 * Predictions are put down in the order in which they come, and mature in about that order: chunks are written once, and
 * become free whole, a short while after their first prediction matured. Nothing is moved or compacted.
 */
export function createPredictionSpace(options: PredictionSpaceOptions): PredictionSpace {
  const { memoryBytesMax, diskBytesMax, otherBytes, scratch } = options
  const chunkBytes = chunkBytesOf(memoryBytesMax)
  const places = createPlaces()
  /** In memory and full, oldest first. */
  const spillable = new Set<Chunk>()
  let lastNumber = 0
  let memoryBytes = 0
  let fileBytes = 0
  let isDiskFull = false
  let spilling: Promise<void> | undefined

  const diskBytes = () => places.taken * chunkBytes
  const predictionsMax = () => Math.max(0, memoryBytesMax - otherBytes())

  function makeChunk(bytes: number): Chunk {
    const capacity = Math.ceil(bytes / chunkBytes) * chunkBytes
    memoryBytes += capacity
    lastNumber = (lastNumber % NUMBER_MAX) + 1
    const memory = Buffer.allocUnsafeSlow(capacity)
    return { number: lastNumber, capacity, used: 0, kept: 0, memory, place: -1, isOpen: true }
  }

  function drop(chunk: Chunk): void {
    spillable.delete(chunk)
    if (chunk.memory !== null) memoryBytes -= chunk.capacity
    else places.give(chunk.place, chunk.capacity / chunkBytes)
  }

  /** @returns false: the disk is full, and it stays where it is */
  async function spillOne(chunk: Chunk): Promise<boolean> {
    const units = chunk.capacity / chunkBytes
    const place = places.take(units)
    spillable.delete(chunk)
    const isWritten = await scratch!.write(place * chunkBytes, chunk.memory!.subarray(0, chunk.used))
    isDiskFull = !isWritten
    // Nobody keeps anything in it any more: `drop` was told meanwhile.
    if (!isWritten || chunk.kept === 0) places.give(place, units)
    else {
      chunk.place = place
      chunk.memory = null
      memoryBytes -= chunk.capacity
    }
    if (!isWritten && chunk.kept > 0) spillable.add(chunk)
    fileBytes = Math.max(fileBytes, (place + units) * chunkBytes)
    return isWritten
  }

  /** A full disk is tried again before memory is full, too. */
  const isTight = () => memoryBytes > predictionsMax() * (isDiskFull ? RETRIED_FROM : 1)

  async function spill(): Promise<void> {
    while (scratch !== undefined && isTight()) {
      const [oldest] = spillable
      if (oldest === undefined || diskBytes() + oldest.capacity > diskBytesMax) break
      if (!(await spillOne(oldest))) break
    }
    const neededBytes = places.length * chunkBytes
    if (neededBytes >= fileBytes) return
    fileBytes = neededBytes
    await scratch?.truncate(neededBytes)
  }

  return {
    open: () => createShelf({ makeChunk, drop, chunkBytes, scratch, spillable }),
    relieve: () => (spilling ??= spill().finally(() => (spilling = undefined))),
    room() {
      if (isDiskFull) return { bytes: memoryBytesMax + diskBytes(), bound: 'disk_full' }
      if (scratch === undefined || diskBytesMax === 0)
        return { bytes: memoryBytesMax, bound: 'pendingBytesMax' }
      return { bytes: memoryBytesMax + diskBytesMax, bound: 'pendingDiskBytesMax' }
    },
    get memoryBytes() {
      return memoryBytes
    },
    get diskBytes() {
      return fileBytes
    },
  }
}

const chunkBytesOf = (memoryBytesMax: number) =>
  Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, Math.floor(memoryBytesMax / CHUNKS_MIN)))

interface ShelfParts {
  makeChunk(bytes: number): Chunk
  drop(chunk: Chunk): void
  chunkBytes: number
  scratch: ScratchFile | undefined
  spillable: Set<Chunk>
}

function createShelf({ makeChunk, drop, chunkBytes, scratch, spillable }: ShelfParts): PredictionShelf {
  const chunks = new Map<number, Chunk>()
  let open: Chunk | undefined
  /** Of all chunks. */
  let capacity = 0

  function closeOpen(): void {
    if (open === undefined) return
    open.isOpen = false
    if (open.kept > 0) spillable.add(open)
    else forget(open)
    open = undefined
  }

  function forget(chunk: Chunk): void {
    chunks.delete(chunk.number)
    capacity -= chunk.capacity
    drop(chunk)
  }

  function chunkFor(bytes: number): Chunk {
    if (open !== undefined && open.used + bytes <= open.capacity) return open
    closeOpen()
    open = makeChunk(bytes)
    chunks.set(open.number, open)
    capacity += open.capacity
    return open
  }

  function release(kept: Kept): void {
    const chunk = chunks.get(kept.chunk)!
    chunk.kept -= 1
    if (chunk.kept === 0 && !chunk.isOpen) forget(chunk)
  }

  return {
    put(bytes) {
      const chunk = chunkFor(bytes.length)
      const offset = chunk.used
      chunk.memory!.set(bytes, offset)
      chunk.used += bytes.length
      chunk.kept += 1
      return { chunk: chunk.number, offset, bytes: bytes.length }
    },
    async read(kept) {
      const found: Buffer[] = []
      const onDisk: { at: number; position: number; bytes: number }[] = []
      for (const [at, one] of kept.entries()) {
        const { offset, bytes } = one
        const chunk = chunks.get(one.chunk)!
        if (chunk.memory !== null) found[at] = chunk.memory.subarray(offset, offset + bytes)
        else onDisk.push({ at, position: chunk.place * chunkBytes + offset, bytes })
      }
      const read = await readRanges(onDisk, (position, length) => scratch!.read(position, length))
      for (const [number, { at }] of onDisk.entries()) found[at] = read[number]!
      return found
    },
    release,
    async erase(kept) {
      for (const one of kept) {
        const [{ offset, bytes }, chunk] = [one, chunks.get(one.chunk)!]
        if (chunk.memory !== null) chunk.memory.fill(0, offset, offset + bytes)
        else await scratch!.write(chunk.place * chunkBytes + offset, Buffer.alloc(bytes))
        release(one)
      }
    },
    close() {
      closeOpen()
      for (const chunk of chunks.values()) {
        chunk.kept = 0
        drop(chunk)
      }
      chunks.clear()
      capacity = 0
    },
    get bytes() {
      return capacity - (open === undefined ? 0 : open.capacity - open.used)
    },
  }
}
