/** What was not used for a while makes room for new entries. */
export interface Lru<Key, Value> {
  readonly size: number
  get(key: Key): Value | undefined
  set(key: Key, value: Value): void
  delete(key: Key): void
  clear(): void
}

/**
 * Holds at most `entriesMax`; reading counts as using. Entries live in a young and an old half: when the young one is
 * full it becomes the old one, and what the old one still held is dropped. So what goes is among the least recently
 * used half, and a hit costs one lookup (a strict order would rewrite a map on every hit). What was found once stays
 * found while nothing is set: before the old half is dropped, all of it but one has been found again.
 */
export function createLru<Key, Value>(entriesMax: number): Lru<Key, Value> {
  const halfMax = Math.max(1, Math.floor(entriesMax / 2))
  let young = new Map<Key, Value>()
  let old = new Map<Key, Value>()

  function set(key: Key, value: Value): void {
    if (young.size >= halfMax && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }

  return {
    get size() {
      let count = young.size
      for (const key of old.keys()) if (!young.has(key)) count++
      return count
    },
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const aged = old.get(key)
      if (aged !== undefined) set(key, aged)
      return aged
    },
    set,
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
    clear() {
      young.clear()
      old.clear()
    },
  }
}
