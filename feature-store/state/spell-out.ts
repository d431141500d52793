import type { EntityState, MapEntry } from './entity-state.ts'
import type { StateLayout } from './layout.ts'

/** A state with a name for everything, for those who look at a few of them: people, judges, tests. */
export interface SpelledState {
  applied: number
  lastOffset: number
  asOfMs: number
  counters: number[]
  /** counts[k] belongs to bucket number newest - k; newest is -1 while there is none. */
  windows: { newest: number; counts: number[] }[]
  /** Event times, -1 never. */
  recencies: number[]
  maps: MapEntry[][]
}

export function spellOut(
  { counters, windows, recencies, maps: layoutMaps, places }: StateLayout,
  state: EntityState,
): SpelledState {
  const { numbers, applied, lastOffset, asOfMs, maps } = state
  const some = (first: number, count: number) => numbers.slice(first, first + count)
  return {
    applied,
    lastOffset,
    asOfMs,
    counters: some(places.counters, counters.length),
    windows: windows.map(({ buckets }, w) => {
      const at = places.windows[w]!
      return { newest: numbers[at]!, counts: some(at + 1, buckets) }
    }),
    recencies: some(places.recencies, recencies.length),
    maps: maps.slice(0, layoutMaps.length),
  }
}
