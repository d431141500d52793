import { idHashOf } from '../state/recent-ids.ts'

/** Some entities, chosen by a hash of their ids, and what is kept of each. */
export interface Sample<T> {
  readonly size: number
  /** Part of all ids that belongs to it, 0..1; only ever becomes smaller. */
  readonly share: number
  has(id: string): boolean
  /** undefined: nothing is kept of it. */
  get(id: string): T | undefined
  /** Of an id that belongs to it, made when it is new; undefined: it does not belong to it. */
  take(id: string, make: () => T): T | undefined
  values(): Iterable<T>
  entries(): Iterable<[string, T]>
}

const HASHES = 2 ** 32

/**
 * Keeps the ids whose hash lies below a bound. When they become too many the bound is halved, and those above it leave: so
 * whoever is in it has been in it from the beginning, and all that was told of it is there.
 *
 * @see Gibbons (2001), Distinct sampling for highly-accurate answers to distinct values queries, VLDB, 541-550.
 */
export function createSample<T>(entitiesMax: number): Sample<T> {
  const kept = new Map<string, T>()
  let bound = HASHES
  const has = (id: string) => spread(idHashOf(id)) < bound

  function makeRoom(): void {
    while (kept.size > entitiesMax && bound > 1) {
      bound /= 2
      for (const id of kept.keys()) if (!has(id)) kept.delete(id)
    }
  }

  return {
    get size() {
      return kept.size
    },
    get share() {
      return bound / HASHES
    },
    has,
    get: (id) => kept.get(id),
    take(id, make) {
      const found = kept.get(id)
      if (found !== undefined) return found
      if (!has(id)) return undefined
      kept.set(id, make())
      makeRoom()
      return kept.get(id)
    },
    values: () => kept.values(),
    entries: () => kept.entries(),
  }
}

/** Short ids that differ in their last letter lie close together in FNV: the finalizer of MurmurHash3 parts them. Unsigned. */
function spread(hash: number): number {
  let mixed = hash
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
