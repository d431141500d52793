import { BlobCorruptError } from '../errors.ts'
import { ByteReader, createByteWriter, type ByteWriter } from './bytes.ts'
import { EntityState, newEntry, PLACE } from './entity-state.ts'
import type { CounterSlot, StateLayout, WindowSlot } from './layout.ts'
import { readSections, writeSections } from './blob-sections.ts'
import { readOwnSlots, writeOwnSlots } from './own-slot-bytes.ts'

/** Of states: 1 had no sections, and is still read. */
const STATE_FORMAT = 2
const STATE_FORMAT_BEFORE = 1
const ATTRIBUTES_FORMAT = 1
export const BLOB_KIND = { user: 1, item: 2, attributes: 3, feed: 4 } as const

const writer = createByteWriter()

/** The state as FORMAT.md lays it out. Same events, same bytes. Typically 100-300 bytes. */
export function encodeState(layout: StateLayout, state: EntityState): Buffer {
  writeHeader(writer, BLOB_KIND[layout.entity], layout)
  const { numbers } = state
  const { counters, windows, recencies } = layout.places
  writer.varint(numbers[PLACE.applied]!)
  writer.varint(numbers[PLACE.lastOffset]! + 1)
  writer.varint(numbers[PLACE.asOfMs]! + 1)
  writeCounters(writer, layout.counters, numbers, counters)
  for (let w = 0; w < windows.length; w++) writeWindow(writer, numbers, windows[w]!, layout.windows[w]!)
  for (let r = 0; r < layout.recencies.length; r++) {
    const atMs = numbers[recencies + r]!
    writer.varint(atMs < 0 ? 0 : numbers[PLACE.asOfMs]! - atMs + 1)
  }
  for (let m = 0; m < layout.maps.length; m++) {
    const entries = state.maps[m]!
    writer.varint(entries.length)
    for (const entry of entries) {
      writer.text(entry.key)
      writeCounters(writer, layout.maps[m]!.counters, entry.counters, 0)
    }
  }
  if (layout.own.length > 0) writeOwnSlots(writer, layout, state)
  writeSections(writer, state)
  return writer.take()
}

/** Throws BlobCorruptError when the bytes are not of this layout or do not add up. */
export function decodeState(layout: StateLayout, blob: Buffer): EntityState {
  const reader = new ByteReader(blob)
  const format = readHeader(reader, BLOB_KIND[layout.entity], layout)
  const state = new EntityState(layout)
  const { numbers } = state
  const { places } = layout
  numbers[PLACE.applied] = reader.varint()
  numbers[PLACE.lastOffset] = reader.varint() - 1
  numbers[PLACE.asOfMs] = reader.varint() - 1
  readCounters(reader, layout.counters, numbers, places.counters)
  for (const [w, slot] of layout.windows.entries()) readWindow(reader, numbers, places.windows[w]!, slot)
  for (let r = 0; r < layout.recencies.length; r++) {
    const behind = reader.varint()
    numbers[places.recencies + r] = behind === 0 ? -1 : numbers[PLACE.asOfMs]! - behind + 1
  }
  for (const [m, { counters, valuesMax }] of layout.maps.entries()) {
    const entries = state.maps[m]!
    const count = reader.varint()
    if (count > valuesMax)
      throw new BlobCorruptError(`${String(count)} map entries, at most ${String(valuesMax)}`)
    for (let i = 0; i < count; i++) {
      const entry = newEntry(reader.text(), layout.mapBlanks[m]!)
      readCounters(reader, counters, entry.counters, 0)
      entries.push(entry)
    }
  }
  if (layout.own.length > 0) readOwnSlots(reader, layout, state)
  if (format === STATE_FORMAT) readSections(reader, layout, state)
  reader.end()
  return state
}

const HEADER_BYTES = 10

/** When the entity of a state was last heard of, from its first bytes alone; Infinity: never, or these are no bytes of a state. */
export function lastHeardMs(blob: Buffer): number {
  const reader = new ByteReader(blob.subarray(HEADER_BYTES))
  try {
    reader.varint() // interactions
    reader.varint() // last offset
    const asOfMs = reader.varint() - 1
    return asOfMs < 0 ? Infinity : asOfMs
  } catch {
    return Infinity // too short for a state
  }
}

/** A layout of states or of attributes, as far as a header goes. */
interface Identified {
  readonly id: string
}

const headers = new WeakMap<Identified, Buffer>()

/** Format, kind, layout id: 10 bytes. */
function headerOf(kind: number, layout: Identified): Buffer {
  let header = headers.get(layout)
  if (header === undefined) {
    const format = kind === BLOB_KIND.attributes ? ATTRIBUTES_FORMAT : STATE_FORMAT
    header = headerOfFormat(format, kind, layout)
    headers.set(layout, header)
  }
  return header
}

const headerOfFormat = (format: number, kind: number, { id }: Identified): Buffer =>
  Buffer.concat([Buffer.from([format, kind]), Buffer.from(id, 'hex')])

export function writeHeader(into: ByteWriter, kind: number, layout: Identified): void {
  into.raw(headerOf(kind, layout))
}

/** @returns the format of what follows */
export function readHeader(reader: ByteReader, kind: number, layout: Identified): number {
  const header = headerOf(kind, layout)
  if (reader.accepts(header)) return header[0]!
  if (kind !== BLOB_KIND.attributes && reader.accepts(headerOfFormat(STATE_FORMAT_BEFORE, kind, layout)))
    return STATE_FORMAT_BEFORE
  const found = Buffer.from(header.map(() => reader.byte()))
  throw new BlobCorruptError(
    `header ${found.toString('hex')} where ${header.toString('hex')} belongs (format, kind, layout)`,
  )
}

/** A bit per counter that is not zero, then those: float64 if it fades, varint if it does not. */
function writeCounters(
  into: ByteWriter,
  slots: readonly CounterSlot[],
  numbers: readonly number[],
  at: number,
): void {
  for (let first = 0; first < slots.length; first += 8) {
    let bits = 0
    for (let i = first; i < Math.min(first + 8, slots.length); i++)
      if (numbers[at + i] !== 0) bits |= 1 << (i - first)
    into.byte(bits)
  }
  for (let i = 0; i < slots.length; i++) {
    const count = numbers[at + i]!
    if (count === 0) continue
    if (slots[i]!.halfLifeMs === null) into.varint(count)
    else into.float64(count)
  }
}

function readCounters(reader: ByteReader, slots: readonly CounterSlot[], into: number[], at: number): void {
  const groups = Math.ceil(slots.length / 8)
  let firstBits = 0
  let moreBits: number[] | null = null
  for (let group = 0; group < groups; group++) {
    const bits = reader.byte()
    if (group === 0) firstBits = bits
    else (moreBits ??= []).push(bits)
  }
  for (let i = 0; i < slots.length; i++) {
    const bits = i < 8 ? firstBits : moreBits![(i >> 3) - 1]!
    if ((bits & (1 << (i & 7))) === 0) continue
    into[at + i] = slots[i]!.halfLifeMs === null ? reader.varint() : reader.float64()
  }
}

/** Newest bucket + 1, then the counts without the trailing zeros, behind their number. */
function writeWindow(
  into: ByteWriter,
  numbers: readonly number[],
  at: number,
  { buckets }: WindowSlot,
): void {
  into.varint(numbers[at]! + 1)
  if (numbers[at]! < 0) return
  let used = buckets
  while (used > 0 && numbers[at + used] === 0) used--
  into.varint(used)
  for (let k = 1; k <= used; k++) into.varint(numbers[at + k]!)
}

function readWindow(reader: ByteReader, into: number[], at: number, { buckets }: WindowSlot): void {
  into[at] = reader.varint() - 1
  if (into[at]! < 0) return
  const used = reader.varint()
  if (used > buckets) throw new BlobCorruptError(`${String(used)} window buckets`)
  for (let k = 1; k <= used; k++) into[at + k] = reader.varint()
}
