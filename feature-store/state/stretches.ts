/** Event time in stretches, ascending: where each begins, which is where the one before ends, and how many are counted in it. */
export interface StoredStretches {
  readonly froms: readonly number[]
  readonly counts: readonly number[]
}

export const STRETCHES_MAX = 256

/** Counts by event time, in bounded memory. */
export interface Stretches {
  /** The last stretch that does not begin after a moment; what lies before all of them belongs to the first. */
  of(atMs: number): number
  last(): { fromMs: number; count: number } | null
  firstFromMs(): number | undefined
  secondFromMs(): number | undefined
  /** Behind the last one; the two neighbours that hold the fewest become one when there are too many. */
  begin(fromMs: number): void
  /** Never below nothing. @returns what was added */
  add(stretch: number, by: 1 | -1): number
  /** Forgets the first one. @returns how many were counted in it */
  close(): number
  stored(): StoredStretches
}

export function createStretches(stored: StoredStretches): Stretches {
  const froms = [...stored.froms]
  const counts = [...stored.counts]

  function mergeSmallest(): void {
    let first = 0
    for (let n = 1; n < froms.length - 1; n++)
      if (counts[n]! + counts[n + 1]! < counts[first]! + counts[first + 1]!) first = n
    counts[first]! += counts[first + 1]!
    counts.splice(first + 1, 1)
    froms.splice(first + 1, 1)
  }

  return {
    of(atMs) {
      let [low, high] = [0, froms.length - 1]
      if (atMs >= froms[high]!) return high
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (froms[middle]! <= atMs) low = middle
        else high = middle - 1
      }
      return low
    },
    last() {
      const last = froms.length - 1
      return last < 0 ? null : { fromMs: froms[last]!, count: counts[last]! }
    },
    firstFromMs: () => froms[0],
    secondFromMs: () => froms[1],
    begin(fromMs) {
      if (froms.length === STRETCHES_MAX) mergeSmallest()
      froms.push(fromMs)
      counts.push(0)
    },
    add(stretch, by) {
      if (counts[stretch]! + by < 0) return 0
      counts[stretch]! += by
      return by
    },
    close() {
      froms.shift()
      return counts.shift()!
    },
    stored: () => ({ froms, counts }),
  }
}
