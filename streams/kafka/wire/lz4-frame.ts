/**
 * Unpacks LZ4 frames as Kafka's clients write them, into no more than `bytesMax`. What there is on npm either unpacks
 * without a bound or is native code.
 *
 * Checksums are passed over: Kafka has a CRC of its own over each record batch. Dictionaries are not in use.
 *
 * @throws RangeError when it unpacks to more
 * @throws SyntaxError when it is no LZ4 frame
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export function unpackLz4(packed: Buffer, bytesMax: number): Buffer {
  const output = new Output(bytesMax)
  let at = 0
  while (at < packed.length) at = unpackFrame(packed, at, output)
  return output.bytes()
}

const MAGIC = 0x184d2204
const SKIPPABLE_MAGIC = 0x184d2a50
const SKIPPABLE_MASK = 0xfffffff0
const VERSION_1 = 1
const FLAG = { blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionary: 0x01 }
const STORED = 0x80000000
const CHECKSUM_BYTES = 4

/** @returns where the frame ends */
function unpackFrame(packed: Buffer, from: number, output: Output): number {
  const magic = uint32(packed, from)
  if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) return from + 8 + uint32(packed, from + 4)
  if (magic !== MAGIC) throw new SyntaxError('no LZ4 frame')
  const flags = byteAt(packed, from + 4)
  if (flags >>> 6 !== VERSION_1) throw new SyntaxError('an LZ4 frame of another version')
  // After magic, flags, block descriptor and what flags ask for: the header's checksum, one byte.
  let at = from + 7 + ((flags & FLAG.contentSize) === 0 ? 0 : 8) + ((flags & FLAG.dictionary) === 0 ? 0 : 4)
  for (;;) {
    const size = uint32(packed, at)
    at += 4
    if (size === 0) return at + ((flags & FLAG.contentChecksum) === 0 ? 0 : CHECKSUM_BYTES)
    const end = at + (size & ~STORED)
    if (end > packed.length) throw new SyntaxError('an LZ4 block that is cut off')
    if ((size & STORED) === 0) unpackBlock(packed, at, end, output)
    else output.append(packed, at, end)
    at = end + ((flags & FLAG.blockChecksum) === 0 ? 0 : CHECKSUM_BYTES)
  }
}

const MATCH_BYTES_MIN = 4
/** A length that fills its four bits goes on in bytes, as long as they are full. */
const LENGTH_FULL = 15

/** Blocks may refer to what blocks before them unpacked: they share `output`. */
function unpackBlock(packed: Buffer, from: number, end: number, output: Output): void {
  let at = from
  const longer = (length: number): number => {
    if (length < LENGTH_FULL) return length
    let byte
    do {
      byte = byteAt(packed, at++)
      length += byte
    } while (byte === 0xff)
    return length
  }
  while (at < end) {
    const token = packed[at++]!
    const literals = longer(token >>> 4)
    if (at + literals > end) throw new SyntaxError('an LZ4 literal that is cut off')
    output.append(packed, at, at + literals)
    at += literals
    if (at >= end) return // the last sequence has no match
    const distance = byteAt(packed, at) | (byteAt(packed, at + 1) << 8)
    at += 2
    output.repeat(distance, longer(token & 0x0f) + MATCH_BYTES_MIN)
  }
}

/** Grows up to its bound. */
class Output {
  #buffer = Buffer.allocUnsafe(64 * 1024)
  #length = 0
  readonly #bytesMax: number

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  append(source: Buffer, from: number, to: number): void {
    const at = this.#grow(to - from)
    source.copy(this.#buffer, at, from, to)
  }

  /** Appends what was appended `distance` bytes ago; the two may overlap. */
  repeat(distance: number, count: number): void {
    if (distance === 0 || distance > this.#length) throw new SyntaxError('an LZ4 match before the beginning')
    const to = this.#grow(count)
    const buffer = this.#buffer
    if (distance >= count) buffer.copyWithin(to, to - distance, to - distance + count)
    else for (let at = to; at < to + count; at++) buffer[at] = buffer[at - distance]!
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** @returns where the new bytes begin */
  #grow(count: number): number {
    const at = this.#length
    const length = at + count
    if (length > this.#bytesMax) throw new RangeError(`more than ${this.#bytesMax} bytes`)
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#buffer.length))
      this.#buffer.copy(larger, 0, 0, at)
      this.#buffer = larger
    }
    this.#length = length
    return at
  }
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw new SyntaxError('LZ4 that is cut off')
  return byte
}

function uint32(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw new SyntaxError('LZ4 that is cut off')
  return bytes.readUInt32LE(at)
}
