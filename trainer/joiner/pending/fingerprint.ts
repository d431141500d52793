const BLOCK_BYTES = 16
const BYTES_PER_UNIT = 3
let scratch = Buffer.alloc(256)

/** 128 bits that stand for an id: in a window of millions two ids share them by chance once in 10^25 windows. */
export type Fingerprint = readonly [number, number, number, number]

/** Of an id's UTF-8 bytes. */
export function fingerprintOf(id: string): Fingerprint {
  if (id.length * BYTES_PER_UNIT > scratch.length) scratch = Buffer.alloc(2 * id.length * BYTES_PER_UNIT)
  return murmur3Of128(scratch, scratch.write(id, 'utf8'), 0)
}

/**
 * MurmurHash3, x86, 128 bits, as four unsigned words.
 * @see A. Appleby, https://github.com/aappleby/smhasher (MurmurHash3.cpp)
 */
export function murmur3Of128(bytes: Buffer, length: number, seed: number): Fingerprint {
  let [h1, h2, h3, h4] = [seed, seed, seed, seed]
  const tail = length - (length % BLOCK_BYTES)
  for (let at = 0; at < tail; at += BLOCK_BYTES) {
    h1 = (Math.imul(rotate(h1 ^ mixed1(bytes.readInt32LE(at)), 19) + h2, 5) + 0x561ccd1b) | 0
    h2 = (Math.imul(rotate(h2 ^ mixed2(bytes.readInt32LE(at + 4)), 17) + h3, 5) + 0x0bcaa747) | 0
    h3 = (Math.imul(rotate(h3 ^ mixed3(bytes.readInt32LE(at + 8)), 15) + h4, 5) + 0x96cd1c35) | 0
    h4 = (Math.imul(rotate(h4 ^ mixed4(bytes.readInt32LE(at + 12)), 13) + h1, 5) + 0x32ac3b17) | 0
  }
  h1 ^= mixed1(wordAt(bytes, tail, length)) ^ length
  h2 ^= mixed2(wordAt(bytes, tail + 4, length)) ^ length
  h3 ^= mixed3(wordAt(bytes, tail + 8, length)) ^ length
  h4 ^= mixed4(wordAt(bytes, tail + 12, length)) ^ length
  const [a, b, c, d] = summed(h1, h2, h3, h4)
  return summed(finished(a), finished(b), finished(c), finished(d))
}

function summed(h1: number, h2: number, h3: number, h4: number): Fingerprint {
  const sum = (h1 + h2 + h3 + h4) >>> 0
  return [sum, (h2 + sum) >>> 0, (h3 + sum) >>> 0, (h4 + sum) >>> 0]
}

/** Up to four bytes before the end, little-endian; 0: there are none. */
function wordAt(bytes: Buffer, from: number, end: number): number {
  let word = 0
  for (let at = Math.min(from + 4, end) - 1; at >= from; at--) word = (word << 8) | bytes[at]!
  return word
}

const rotate = (word: number, by: number) => (word << by) | (word >>> (32 - by))
const mixed1 = (word: number) => Math.imul(rotate(Math.imul(word, 0x239b961b), 15), 0xab0e9789)
const mixed2 = (word: number) => Math.imul(rotate(Math.imul(word, 0xab0e9789), 16), 0x38b34ae5)
const mixed3 = (word: number) => Math.imul(rotate(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93)
const mixed4 = (word: number) => Math.imul(rotate(Math.imul(word, 0xa1e38b93), 18), 0x239b961b)

function finished(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}
