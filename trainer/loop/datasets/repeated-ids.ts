/** Ids for rows whose own id is not theirs alone: the second of the same id gets `-2` behind it, and so on. */
export function createRepeatedIds(): (id: string) => string {
  const given = new Map<string, number>()
  return (id) => {
    let times = given.get(id) ?? 0
    let free = id
    while (times > 0 && given.has((free = `${id}-${String(times + 1)}`))) times++
    given.set(id, times + 1)
    if (free !== id) given.set(free, 1)
    return free
  }
}

/** Finds rows that are there twice to the letter, in rows that are in the order of their time, and says how many. */
export function createDoubledRows(path: string) {
  const seen = new Set<string>()
  let seenAtMs = Number.NaN
  let doubled = 0
  return {
    /** Whether this row is the first of its kind. `values`: all of it but the time. */
    isFirst(atMs: number, values: readonly string[]): boolean {
      if (atMs !== seenAtMs) seen.clear()
      seenAtMs = atMs
      const key = values.join('\u001f')
      if (seen.has(key)) {
        doubled++
        return false
      }
      seen.add(key)
      return true
    },
    lines: (): string[] =>
      doubled === 0 ? [] : [`${path}: ${String(doubled)} row(s) are there twice to the letter: counted once`],
  }
}
