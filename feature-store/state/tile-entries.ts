import { newEntry, type MapEntry } from './entity-state.ts'

/** How a window is cut; Infinity: one tile for all time. */
export interface Tiling {
  readonly tileMs: number
  readonly count: number
}

const NO_NUMBERS: readonly number[] = []

/** The number of the tile that a moment falls into. */
export const tileAt = ({ tileMs }: Pick<Tiling, 'tileMs'>, atMs: number): number => Math.floor(atMs / tileMs)

const tileOf = ({ key }: MapEntry): number => Number(key)

/**
 * The entry of the tile of this moment, made if it is new; null: older than the window. Entries stay in the order of their
 * tiles, and those that the window has left are gone, so that the order in which things come makes no difference.
 */
export function tileEntry(entries: MapEntry[], tiling: Tiling, occurredAtMs: number): MapEntry | null {
  const tile = tileAt(tiling, occurredAtMs)
  let place = entries.length
  const newest = place === 0 ? -1 : tileOf(entries[place - 1]!)
  if (tile <= newest - tiling.count) return null
  while (place > 0 && tileOf(entries[place - 1]!) > tile) place--
  const found = place === 0 ? undefined : entries[place - 1]!
  if (found !== undefined && tileOf(found) === tile) return found
  const made = newEntry(String(tile), NO_NUMBERS)
  entries.splice(place, 0, made)
  if (tile > newest) while (tileOf(entries[0]!) <= tile - tiling.count) entries.shift()
  return made
}

/** The lists of the tiles that the window has at a moment, oldest first. */
export function tilesAt(entries: readonly MapEntry[], tiling: Tiling, atMs: number): (readonly number[])[] {
  const last = tileAt(tiling, atMs)
  return entries
    .filter((entry) => tileOf(entry) <= last && tileOf(entry) > last - tiling.count)
    .map(({ counters }) => counters)
}
