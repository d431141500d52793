import type { Fingerprint } from './fingerprint.ts'
import type { NumberTable } from './number-table.ts'

/** Columns in which a table keeps its rows' fingerprints. */
export const FINGERPRINT = { word0: 'u32', word1: 'u32', word2: 'u32', word3: 'u32' } as const
type Word = keyof typeof FINGERPRINT

/** Finds the row of a fingerprint: a hash table with linear probing that holds row numbers alone. */
export interface FingerprintIndex {
  /** 0: there is none. */
  find(fingerprint: Fingerprint): number
  /** Writes the fingerprint into the row, which must not be indexed. */
  add(row: number, fingerprint: Fingerprint): void
  remove(row: number): void
  readonly bytes: number
}

const PLACES_MIN = 128
const PLACE_BYTES = 4

/** @see D. E. Knuth, The Art of Computer Programming 3, 6.4: Algorithm L, and R to remove */
export function createFingerprintIndex(table: NumberTable<Word>): FingerprintIndex {
  const { at } = table
  let places = new Uint32Array(PLACES_MIN)
  let mask = PLACES_MIN - 1
  let count = 0

  function place(row: number): void {
    let where = at.word0[row]! & mask
    while (places[where] !== 0) where = (where + 1) & mask
    places[where] = row
  }

  /** Half full at most, a sixteenth at least: removing does not shrink what adding would grow again. */
  function resize(to: number): void {
    const rows = places.filter((row) => row !== 0)
    places = new Uint32Array(to)
    mask = to - 1
    for (const row of rows) place(row)
  }

  /** Moves up whoever could not be found across the gap. */
  function close(gap: number): void {
    let open = gap
    for (let where = (gap + 1) & mask; places[where] !== 0; where = (where + 1) & mask) {
      const home = at.word0[places[where]!]! & mask
      if (((where - home) & mask) < ((where - open) & mask)) continue
      places[open] = places[where]!
      open = where
    }
    places[open] = 0
  }

  return {
    find([word0, word1, word2, word3]) {
      for (let where = word0 & mask; ; where = (where + 1) & mask) {
        const row = places[where]!
        if (row === 0) return 0
        const isSame = at.word0[row] === word0 && at.word1[row] === word1
        if (isSame && at.word2[row] === word2 && at.word3[row] === word3) return row
      }
    },
    add(row, [word0, word1, word2, word3]) {
      at.word0[row] = word0
      at.word1[row] = word1
      at.word2[row] = word2
      at.word3[row] = word3
      count += 1
      if (2 * count > places.length) resize(2 * places.length)
      place(row)
    },
    remove(row) {
      let where = at.word0[row]! & mask
      while (places[where] !== row) where = (where + 1) & mask
      close(where)
      count -= 1
      if (places.length > PLACES_MIN && 16 * count < places.length) resize(places.length / 4)
    },
    get bytes() {
      return places.length * PLACE_BYTES
    },
  }
}
