/** Draws of a fit; a module of its own, since the thread of a fit loads no clients with #streams. */
export interface Draws {
  /** `count` of 0..below-1, ascending, each subset equally likely: selection sampling, O(below). */
  subset(below: number, count: number): Uint32Array
  /** Standard normal: Box-Muller, two numbers a draw. */
  normal(): number
}

/**
 * Seeded by a number: splitmix32.
 *
 * @see G. Steele, D. Lea, C. Flood (2014), Fast Splittable Pseudorandom Number Generators, OOPSLA;
 * D. Knuth, The Art of Computer Programming 2, 3.4.2, Algorithm S.
 */
export function createDraws(seed: number): Draws {
  let state = seed | 0
  function next(): number {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000
  }
  return {
    subset(below, count) {
      const drawn = new Uint32Array(count)
      let found = 0
      for (let at = 0; found < count; at++) if (next() * (below - at) < count - found) drawn[found++] = at
      return drawn
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  }
}
