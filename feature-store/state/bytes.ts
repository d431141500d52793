import { BlobCorruptError } from '../errors.ts'

/** Writes the few shapes of FORMAT.md, growing as needed. */
export interface ByteWriter {
  byte(value: number): void
  /** Unsigned LEB128, 0 to 2^53 - 1. */
  varint(value: number): void
  float64(value: number): void
  /** Little endian, from `first` to the end and then from the beginning to `first`. */
  int32s(ring: readonly number[], first: number): void
  /** Length in bytes, then UTF-8. */
  text(value: string): void
  raw(bytes: Uint8Array): void
  /** What was written since the last time, a view of what is not written again; it keeps its neighbours in memory. */
  take(): Buffer
}

/** What is taken lies side by side in these: a buffer of its own for each would take longer to make than to fill. */
const SLAB_BYTES = 16_384
/** Four digits of a varint, which fit into the whole numbers that processors count in. */
const LOW = 2 ** 28

export function createByteWriter(): ByteWriter {
  let bytes = Buffer.allocUnsafeSlow(SLAB_BYTES)
  let view = viewOf(bytes)
  let start = 0
  let at = 0
  function room(count: number): void {
    if (at + count <= bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, (at - start) * 2 + count))
    bytes.copy(grown, 0, start, at)
    at -= start
    start = 0
    bytes = grown
    view = viewOf(grown)
  }
  function varint(value: number): void {
    room(8)
    let rest = value
    if (value >= LOW) {
      const high = Math.floor(value / LOW)
      let low = value - high * LOW
      for (let digit = 0; digit < 4; digit++, low >>>= 7) bytes[at++] = (low & 0x7f) | 0x80
      rest = high
    }
    for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
    bytes[at++] = rest
  }
  function int32s(values: readonly number[], from: number, to: number): void {
    for (let i = from; i < to; i++, at += 4) view.setInt32(at, values[i]!, true)
  }
  return {
    byte(value) {
      room(1)
      bytes[at++] = value
    },
    varint,
    float64(value) {
      room(8)
      at = bytes.writeDoubleLE(value, at)
    },
    int32s(ring, first) {
      room(ring.length * 4)
      int32s(ring, first, ring.length)
      int32s(ring, 0, first)
    },
    text(value) {
      const length = Buffer.byteLength(value)
      varint(length)
      room(length)
      at += bytes.write(value, at, 'utf8')
    },
    raw(source) {
      room(source.length)
      bytes.set(source, at)
      at += source.length
    },
    take() {
      const taken = bytes.subarray(start, at)
      start = at
      return taken
    },
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Buffer) => new DataView(buffer, byteOffset, byteLength)

/** Reads them back; throws BlobCorruptError rather than read past the end. A class: made for every blob read. */
export class ByteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) this.#short(1)
    return this.#bytes[this.#at++]!
  }

  varint(): number {
    let value = 0
    let unit = 1
    for (let digit = 0; digit < 8; digit++) {
      const next = this.byte()
      value += (next & 0x7f) * unit
      if (next < 0x80) return value
      unit *= 0x80
    }
    throw new BlobCorruptError(`a varint longer than 8 bytes at ${String(this.#at)}`)
  }

  float64(): number {
    if (this.#at + 8 > this.#bytes.length) this.#short(8)
    this.#at += 8
    return this.#bytes.readDoubleLE(this.#at - 8)
  }

  /** A view. */
  raw(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) this.#short(length)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  text(): string {
    const length = this.varint()
    if (this.#at + length > this.#bytes.length) this.#short(length)
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }

  /** Skips these bytes when they are next; false otherwise. */
  accepts(expected: Uint8Array): boolean {
    for (let i = 0; i < expected.length; i++) if (this.#bytes[this.#at + i] !== expected[i]) return false
    this.#at += expected.length
    return true
  }

  /** Throws when bytes are left over. */
  end(): void {
    const left = this.#bytes.length - this.#at
    if (left > 0) throw new BlobCorruptError(`${String(left)} bytes left over`)
  }

  #short(wanted: number): never {
    const [at, length] = [String(this.#at), String(this.#bytes.length)]
    throw new BlobCorruptError(`${String(wanted)} bytes wanted at ${at} of ${length}`)
  }
}
