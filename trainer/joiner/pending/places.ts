/** Which places of a file hold something. The lowest free one is taken first, so that the end becomes free. */
export interface Places {
  /** @returns the first of so many in a row */
  take(count: number): number
  give(first: number, count: number): void
  /** Up to the last that is taken. */
  readonly length: number
  readonly taken: number
}

export function createPlaces(): Places {
  const isTaken: boolean[] = []
  let lowestFree = 0
  let taken = 0

  function firstFree(): number {
    while (isTaken[lowestFree] === true) lowestFree += 1
    return lowestFree
  }

  return {
    take(count) {
      // Several in a row are rare: a record that is larger than a place.
      const first = count === 1 ? firstFree() : isTaken.length
      for (let place = first; place < first + count; place++) isTaken[place] = true
      taken += count
      return first
    },
    give(first, count) {
      for (let place = first; place < first + count; place++) isTaken[place] = false
      taken -= count
      lowestFree = Math.min(lowestFree, first)
      while (isTaken.length > 0 && isTaken.at(-1) === false) isTaken.pop()
    },
    get length() {
      return isTaken.length
    },
    get taken() {
      return taken
    },
  }
}
