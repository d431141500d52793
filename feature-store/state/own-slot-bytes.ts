import { BlobCorruptError } from '../errors.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { type EntityState, newEntry, PLACE } from './entity-state.ts'
import type { StateLayout } from './layout.ts'
import type { OwnNumber } from './own-slot.ts'

/** Per own slot its numbers, then its entries, each a key and numbers; behind everything else of a state (FORMAT.md). */
export function writeOwnSlots(
  into: ByteWriter,
  { own, places, maps }: StateLayout,
  state: EntityState,
): void {
  const asOfMs = state.numbers[PLACE.asOfMs]!
  let m = maps.length
  for (const [i, slot] of own.entries()) {
    const at = places.own[i]!
    let used = slot.numbers.length
    if (slot.trimmed) {
      while (used > 0 && state.numbers[at + used - 1] === 0) used--
      into.varint(used)
    }
    writeNumbers(into, slot.numbers, used, { numbers: state.numbers, at, asOfMs })
    if (slot.entries === null) continue
    const entries = state.maps[m++]!
    into.varint(entries.length)
    for (const { key, counters } of entries) {
      into.text(key)
      writeNumbers(into, slot.entries.numbers, slot.entries.numbers.length, {
        numbers: counters,
        at: 0,
        asOfMs,
      })
      if (slot.entries.listMax !== undefined) writeList(into, counters, slot.entries.numbers.length)
    }
  }
}

export function readOwnSlots(reader: ByteReader, layout: StateLayout, state: EntityState): void {
  const asOfMs = state.numbers[PLACE.asOfMs]!
  let m = layout.maps.length
  for (const [i, slot] of layout.own.entries()) {
    const used = slot.trimmed ? reader.varint() : slot.numbers.length
    if (used > slot.numbers.length)
      throw new BlobCorruptError(
        `${String(used)} numbers of ${slot.spec.kind}, at most ${String(slot.numbers.length)}`,
      )
    readNumbers(reader, slot.numbers, used, { numbers: state.numbers, at: layout.places.own[i]!, asOfMs })
    if (slot.entries === null) continue
    const { valuesMax, numbers, listMax } = slot.entries
    const count = reader.varint()
    if (count > valuesMax)
      throw new BlobCorruptError(
        `${String(count)} entries of ${slot.spec.kind}, at most ${String(valuesMax)}`,
      )
    const entries = state.maps[m]!
    for (let n = 0; n < count; n++) {
      const entry = newEntry(reader.text(), layout.mapBlanks[m]!)
      readNumbers(reader, numbers, numbers.length, { numbers: entry.counters, at: 0, asOfMs })
      if (listMax !== undefined) readList(reader, entry.counters, listMax, slot.spec.kind)
      entries.push(entry)
    }
    m++
  }
}

function writeList(into: ByteWriter, numbers: readonly number[], first: number): void {
  into.varint(numbers.length - first)
  for (let i = first; i < numbers.length; i++) into.varint(numbers[i]!)
}

function readList(reader: ByteReader, into: number[], listMax: number, kind: string): void {
  const count = reader.varint()
  if (count > listMax)
    throw new BlobCorruptError(`${String(count)} numbers in an entry of ${kind}, at most ${String(listMax)}`)
  for (let i = 0; i < count; i++) into.push(reader.varint())
}

/** Where numbers stand, and the moment that event times are stored before. */
interface Place<Numbers> {
  numbers: Numbers
  at: number
  asOfMs: number
}

function writeNumbers(
  into: ByteWriter,
  slots: readonly OwnNumber[],
  count: number,
  { numbers, at, asOfMs }: Place<readonly number[]>,
): void {
  for (let i = 0; i < count; i++) {
    const value = numbers[at + i]!
    switch (slots[i]!.stored) {
      case 'count':
        into.varint(value)
        break
      case 'moment':
        into.varint(value < 0 ? 0 : asOfMs - value + 1)
        break
      case 'amount':
        into.float64(value)
        break
    }
  }
}

function readNumbers(
  reader: ByteReader,
  slots: readonly OwnNumber[],
  count: number,
  { numbers: into, at, asOfMs }: Place<number[]>,
): void {
  for (let i = 0; i < count; i++) {
    switch (slots[i]!.stored) {
      case 'count':
        into[at + i] = reader.varint()
        break
      case 'moment': {
        const behind = reader.varint()
        into[at + i] = behind === 0 ? -1 : asOfMs - behind + 1
        break
      }
      case 'amount':
        into[at + i] = reader.float64()
        break
    }
  }
}
