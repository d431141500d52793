import type { ReferenceState } from './reference.ts'

/** A stored state, decoded and spelled out: feature-store's SpelledState is one of these. */
export interface StoredState {
  applied: number
  asOfMs: number
  counters: ArrayLike<number>
  windows: readonly { newest: number; counts: readonly number[] }[]
  recencies: ArrayLike<number>
  maps: readonly (readonly { key: string; counters: ArrayLike<number> }[])[]
}

export interface StatesVerdict {
  lost: number
  duplicated: number
  wrong: number
  /** "u7: counter 2 is 3.5, 4.5 is right"; null: none is wrong. */
  firstWrong: string | null
}

/** Relative; sums in another order differ by rounding. */
const TOLERANCE = 1e-9
/** A count that has faded below 1e-9 is stored as zero; that may have happened twice. */
const FADED = 2e-9

const near = (found: number, right: number) =>
  Math.abs(found - right) <= TOLERANCE * Math.max(Math.abs(found), Math.abs(right)) + FADED

/** Compares what is stored with what is right, entity by entity. An entity that should not be there is wrong, too. */
export function judgeStates(
  reference: ReadonlyMap<string, ReferenceState>,
  stored: ReadonlyMap<string, StoredState>,
): StatesVerdict {
  const verdict: StatesVerdict = { lost: 0, duplicated: 0, wrong: 0, firstWrong: null }
  for (const id of new Set([...reference.keys(), ...stored.keys()])) {
    const right = reference.get(id)
    const found = stored.get(id)
    const surplus = (found?.applied ?? 0) - (right?.applied ?? 0)
    verdict.lost += Math.max(0, -surplus)
    verdict.duplicated += Math.max(0, surplus)
    const difference = differenceOf(right, found)
    if (difference === null) continue
    verdict.wrong += 1
    verdict.firstWrong ??= `${id}: ${difference}`
  }
  return verdict
}

function differenceOf(right: ReferenceState | undefined, found: StoredState | undefined): string | null {
  if (right === undefined) return 'nothing is known of it, and yet it is stored'
  if (found === undefined) return 'is not stored'
  const differ = (what: string, is: number, should: number) =>
    `${what} is ${String(is)}, ${String(should)} is right`
  if (found.applied !== right.applied) return differ('applied', found.applied, right.applied)
  if (found.asOfMs !== right.asOfMs) return differ('newest event', found.asOfMs, right.asOfMs)
  for (const [i, should] of right.counters.entries())
    if (!near(found.counters[i]!, should)) return differ(`counter ${String(i)}`, found.counters[i]!, should)
  for (const [i, should] of right.recencies.entries())
    if (found.recencies[i] !== should) return differ(`recency ${String(i)}`, found.recencies[i]!, should)
  for (const [i, { newest, counts }] of right.windows.entries()) {
    const window = found.windows[i]!
    if (window.newest !== newest) return differ(`newest bucket of window ${String(i)}`, window.newest, newest)
    for (const [k, should] of counts.entries())
      if (window.counts[k] !== should)
        return differ(`bucket ${String(k)} of window ${String(i)}`, window.counts[k]!, should)
  }
  for (const [i, entries] of right.maps.entries()) {
    const byKey = new Map(found.maps[i]!.map(({ key, counters }) => [key, counters]))
    for (const key of new Set([...entries.keys(), ...byKey.keys()])) {
      const should = entries.get(key) ?? []
      const counters = byKey.get(key) ?? []
      for (let k = 0; k < Math.max(should.length, counters.length); k++)
        if (!near(counters[k] ?? 0, should[k] ?? 0))
          return differ(`counter ${String(k)} of ${key}`, counters[k] ?? 0, should[k] ?? 0)
    }
  }
  return null
}

/** Counts records that come after a later one of the same key and source, each record the first time it is seen. */
export function createOrderWatch(): {
  see(key: string, source: number, offset: number): void
  readonly reordered: number
} {
  const seen = new Map<number, Set<number>>()
  const highest = new Map<string, number>()
  let reordered = 0
  return {
    see(key, source, offset) {
      const known = seen.get(source) ?? new Set<number>()
      seen.set(source, known)
      if (known.has(offset)) return
      known.add(offset)
      const place = `${String(source)}/${key}`
      const high = highest.get(place) ?? -1
      if (offset < high) reordered += 1
      else highest.set(place, offset)
    },
    get reordered() {
      return reordered
    },
  }
}
