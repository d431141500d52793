/** Seeded numbers in [0, 1): mulberry32. */
export function createChance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Draws of one payload. */
export interface Chance {
  /** Uniform integer in [0, below). */
  int(below: number): number
  pick<T>(from: readonly T[]): T
}

/**
 * splitmix32, seeded by two numbers: payload 7 of seed 3 is the same whoever makes it, without those before it, so
 * that one payload of ten million can be made again. Good enough to spread mutations; not for statistics.
 *
 * @see G. Steele, D. Lea, C. Flood (2014), Fast Splittable Pseudorandom Number Generators, OOPSLA.
 */
export function chanceOf(seed: number, index: number): Chance {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca77)) | 0
  function next(): number {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed = mixed ^ (mixed >>> 15)
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
  const int = (below: number) => Math.floor((next() / 0x1_0000_0000) * below)
  return { int, pick: (from) => from[int(from.length)]! }
}
