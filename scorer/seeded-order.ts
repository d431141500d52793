/**
 * MurmurHash3 (x86, 32 bit) of the text's UTF-8 bytes: the chance of this part, drawn from the request's id so
 * that a request read twice gets the same answer.
 *
 * @see A. Appleby, https://github.com/aappleby/smhasher (MurmurHash3.cpp)
 */
export function murmur3(text: string, seed: number): number {
  const bytes = Buffer.from(text, 'utf8')
  const tail = bytes.length & ~3
  let hash = seed | 0
  for (let at = 0; at < tail; at += 4) {
    hash ^= scramble(bytes.readInt32LE(at))
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let at = bytes.length - 1; at >= tail; at--) rest = (rest << 8) | (bytes[at] ?? 0)
  hash ^= scramble(rest) ^ bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}

/** Uniform in [0, 1), the same for the same text and purpose. */
export function fractionOf(text: string, purpose: number): number {
  return murmur3(text, purpose) / 2 ** 32
}

/**
 * Every order of 0..count-1 equally likely over texts, the same for the same text: Fisher-Yates on sfc32.
 *
 * @see R. Durstenfeld (1964), Algorithm 235; C. Doty-Humphrey, PractRand (sfc32)
 */
export function seededOrder(text: string, count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index)
  const next = sfc32(murmur3(text, 1), murmur3(text, 2), murmur3(text, 3))
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor((next() / 2 ** 32) * (last + 1))
    const kept = order[last] as number
    order[last] = order[other] as number
    order[other] = kept
  }
  return order
}

function sfc32(a: number, b: number, c: number): () => number {
  let counter = 1
  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) next()
  return next
}
