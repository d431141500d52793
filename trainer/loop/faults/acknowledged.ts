/** Which numbers of a workload the broker has taken. */
export interface Acknowledged {
  add(n: number): void
  has(n: number): boolean
  readonly count: number
  numbers(): Iterable<number>
}

export function createAcknowledged(numbersMax: number): Acknowledged {
  const known = new Uint8Array(numbersMax)
  let count = 0
  return {
    add(n) {
      if (n < 0 || n >= numbersMax)
        throw new RangeError(`number ${String(n)} of a workload of ${String(numbersMax)}`)
      if (known[n] === 0) count++
      known[n] = 1
    },
    has: (n) => known[n] === 1,
    get count() {
      return count
    },
    *numbers() {
      for (let n = 0; n < numbersMax; n++) if (known[n] === 1) yield n
    },
  }
}
