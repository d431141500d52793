/** Remembers the last ids, at least `max` of them and at most twice as many. O(1). */
export interface SeenIds {
  /** False when it was there before. */
  add(id: string): boolean
}

export function createSeenIds(max: number): SeenIds {
  let current = new Set<string>()
  let older = new Set<string>()
  return {
    add(id) {
      if (current.has(id) || older.has(id)) return false
      current.add(id)
      if (current.size >= max) {
        older = current
        current = new Set()
      }
      return true
    },
  }
}
