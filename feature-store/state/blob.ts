import { BlobCorruptError } from '../errors.ts'
import { ByteReader, createByteWriter, type ByteWriter } from './bytes.ts'
import { emptyState, type EntityState, type WindowState } from './entity-state.ts'
import type { CounterSlot, StateLayout } from './layout.ts'

export const BLOB_FORMAT = 1
export const BLOB_KIND = { user: 1, item: 2, attributes: 3 } as const

const writer = createByteWriter()

/** The state as FORMAT.md lays it out. Same events, same bytes. Typically 100-300 bytes. */
export function encodeState(layout: StateLayout, state: EntityState): Buffer {
  writeHeader(writer, BLOB_KIND[layout.entity], layout)
  writer.varint(state.applied)
  writer.varint(state.lastOffset + 1)
  writer.varint(state.asOfMs + 1)
  writeCounters(writer, layout.counters, state.counters)
  for (const window of state.windows) writeWindow(writer, window)
  for (const atMs of state.recencies) writer.varint(atMs < 0 ? 0 : state.asOfMs - atMs + 1)
  for (const [m, entries] of state.maps.entries()) {
    writer.varint(entries.length)
    for (const entry of entries) {
      writer.text(entry.key)
      writeCounters(writer, layout.maps[m]!.counters, entry.counters)
    }
  }
  return writer.take()
}

/** Throws BlobCorruptError when the bytes are not of this layout or do not add up. */
export function decodeState(layout: StateLayout, blob: Buffer): EntityState {
  const reader = new ByteReader(blob)
  readHeader(reader, BLOB_KIND[layout.entity], layout)
  const state = emptyState(layout)
  state.applied = reader.varint()
  state.lastOffset = reader.varint() - 1
  state.asOfMs = reader.varint() - 1
  readCounters(reader, layout.counters, state.counters)
  for (const window of state.windows) readWindow(reader, window)
  for (let i = 0; i < state.recencies.length; i++) {
    const behind = reader.varint()
    state.recencies[i] = behind === 0 ? -1 : state.asOfMs - behind + 1
  }
  for (const [m, entries] of state.maps.entries()) {
    const { counters, valuesMax } = layout.maps[m]!
    const count = reader.varint()
    if (count > valuesMax)
      throw new BlobCorruptError(`${String(count)} map entries, at most ${String(valuesMax)}`)
    for (let i = 0; i < count; i++) {
      const entry = { key: reader.text(), counters: new Float64Array(counters.length) }
      readCounters(reader, counters, entry.counters)
      entries.push(entry)
    }
  }
  reader.end()
  return state
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
    header = Buffer.concat([Buffer.from([BLOB_FORMAT, kind]), Buffer.from(layout.id, 'hex')])
    headers.set(layout, header)
  }
  return header
}

export function writeHeader(into: ByteWriter, kind: number, layout: Identified): void {
  into.raw(headerOf(kind, layout))
}

export function readHeader(reader: ByteReader, kind: number, layout: Identified): void {
  const header = headerOf(kind, layout)
  if (reader.accepts(header)) return
  const found = Buffer.from(header.map(() => reader.byte()))
  throw new BlobCorruptError(
    `header ${found.toString('hex')} where ${header.toString('hex')} belongs (format, kind, layout)`,
  )
}

/** A bit per counter that is not zero, then those: float64 if it fades, varint if it does not. */
function writeCounters(into: ByteWriter, slots: readonly CounterSlot[], counters: Float64Array): void {
  for (let first = 0; first < counters.length; first += 8) {
    let bits = 0
    for (let i = first; i < Math.min(first + 8, counters.length); i++)
      if (counters[i] !== 0) bits |= 1 << (i - first)
    into.byte(bits)
  }
  for (let i = 0; i < counters.length; i++) {
    if (counters[i] === 0) continue
    if (slots[i]!.halfLifeMs === null) into.varint(counters[i]!)
    else into.float64(counters[i]!)
  }
}

function readCounters(reader: ByteReader, slots: readonly CounterSlot[], into: Float64Array): void {
  const groups = Math.ceil(into.length / 8)
  let firstBits = 0
  let moreBits: number[] | null = null
  for (let group = 0; group < groups; group++) {
    const bits = reader.byte()
    if (group === 0) firstBits = bits
    else (moreBits ??= []).push(bits)
  }
  for (let i = 0; i < into.length; i++) {
    const bits = i < 8 ? firstBits : moreBits![(i >> 3) - 1]!
    if ((bits & (1 << (i & 7))) === 0) continue
    into[i] = slots[i]!.halfLifeMs === null ? reader.varint() : reader.float64()
  }
}

/** Newest bucket + 1, then the counts without the trailing zeros, behind their number. */
function writeWindow(into: ByteWriter, window: WindowState): void {
  into.varint(window.newest + 1)
  if (window.newest < 0) return
  let used = window.counts.length
  while (used > 0 && window.counts[used - 1] === 0) used--
  into.varint(used)
  for (let k = 0; k < used; k++) into.varint(window.counts[k]!)
}

function readWindow(reader: ByteReader, window: WindowState): void {
  window.newest = reader.varint() - 1
  if (window.newest < 0) return
  const used = reader.varint()
  if (used > window.counts.length) throw new BlobCorruptError(`${String(used)} window buckets`)
  for (let k = 0; k < used; k++) window.counts[k] = reader.varint()
}
