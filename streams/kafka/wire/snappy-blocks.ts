import { uncompress } from 'snappyjs'

/** How snappy-java begins its framing, which Java clients use; librdkafka and others send one block without it. */
const FRAMING = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
/** After it: its version and the oldest compatible one. */
const HEADER_BYTES = FRAMING.length + 8

/**
 * Unpacks Snappy as Kafka's clients write it: one block, or snappy-java's framing of blocks behind their lengths.
 *
 * @throws RangeError when it unpacks to more than `bytesMax`
 * @throws Error when it is no Snappy
 * @see https://github.com/xerial/snappy-java#compatibility-notes
 */
export function unpackSnappy(packed: Buffer, bytesMax: number): Buffer {
  if (!packed.subarray(0, FRAMING.length).equals(FRAMING)) return block(packed, bytesMax)
  const blocks: Buffer[] = []
  let left = bytesMax
  for (let at = HEADER_BYTES; at < packed.length;) {
    const from = at + 4
    const end = from + packed.readInt32BE(at)
    if (end < from || end > packed.length) throw new SyntaxError('a Snappy block that is cut off')
    const unpacked = block(packed.subarray(from, end), left)
    blocks.push(unpacked)
    left -= unpacked.length
    at = end
  }
  return Buffer.concat(blocks)
}

function block(packed: Buffer, bytesMax: number): Buffer {
  if (lengthOf(packed) > bytesMax) throw new RangeError(`more than ${bytesMax} bytes`)
  return uncompress(packed)
}

/** A block begins with the length of what is in it: seven bits per byte, the lowest first. */
function lengthOf(packed: Buffer): number {
  let length = 0
  for (let at = 0, weight = 1; at < 5; at++, weight *= 0x80) {
    const byte = packed[at] ?? 0
    length += (byte & 0x7f) * weight
    if (byte < 0x80) break
  }
  return length
}
