/** A stream of chance: the same seed gives the same draws, on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** Uniform integer in [0, below). */
  int(below: number): number
  /** Standard normal (Box-Muller; one value per call, so that draws stay countable). */
  normal(): number
  /** Exponential with this mean, in the mean's unit. */
  exponential(mean: number): number
  /** Log-normal with this median, in the median's unit; `spread` is the standard deviation of the logarithm. */
  logNormal(median: number, spread: number): number
}

/**
 * sfc32 (C. Doty-Humphrey, PractRand: 128 bits of state, passes BigCrush), seeded by hashing a text.
 *
 * Every purpose takes a stream of its own, named by text, so that one more draw in one place does not
 * shift the draws of any other: `createRandom('7/items')`, `createRandom('7/outcome/r-12')`.
 *
 * @example
 * createRandom('7/items').next() // always the same number
 */
export function createRandom(seed: string): Random {
  let [a, b, c] = [hash32(seed, 0x9e3779b9), hash32(seed, 0x243f6a88), hash32(seed, 0xb7e15162)]
  let counter = 1

  function next32(): number {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) next32()

  const next = () => next32() / 0x1_0000_0000
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return {
    next,
    normal,
    chance: (probability) => next() < probability,
    int: (below) => Math.floor(next() * below),
    exponential: (mean) => -mean * Math.log(1 - next()),
    logNormal: (median, spread) => median * Math.exp(spread * normal()),
  }
}

/** FNV-1a over UTF-16 units with murmur3's finalizer: spreads near-equal texts over all 32 bits. */
function hash32(text: string, basis: number): number {
  let hash = basis | 0
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
