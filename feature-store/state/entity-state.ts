import type { StateLayout } from './layout.ts'

export interface MapEntry {
  key: string
  counters: number[]
}

/** Where `numbers` begins, whatever the layout; `layout.places` says what follows. */
export const PLACE = { applied: 0, lastOffset: 1, asOfMs: 2 } as const

/**
 * What is known of one user or item. Folds change it in place; its owner throws it away when a write fails.
 *
 * All that has a fixed place is in one array of doubles: states are touched in no order, and each object more is a
 * line of memory more to wait for, and one more to mark for the collector.
 */
export class EntityState {
  readonly numbers: number[]
  /** Per map, then per own slot with entries; least recently updated first. */
  readonly maps: MapEntry[][]
  /** Hashes of the last interactions' ids (recent-ids.ts), a ring once it is full; null: none are noted. */
  recentIds: number[] | null = null
  /** The place of the oldest of them. */
  oldestId = 0
  /** The slice that touched it last, for its owner; not stored. */
  touchedIn = 0

  /** Of an entity without interactions. */
  constructor(layout: StateLayout) {
    this.numbers = layout.blank.slice()
    this.maps = layout.mapBlanks.map(() => [])
  }

  /** As if nothing had ever been told of the entity: it was erased, or had not been seen for too long. */
  reset(layout: StateLayout): void {
    for (let n = 0; n < layout.blank.length; n++) this.numbers[n] = layout.blank[n]!
    for (const entries of this.maps) entries.length = 0
    this.recentIds = null
    this.oldestId = 0
  }

  /** Interactions folded so far. */
  get applied(): number {
    return this.numbers[PLACE.applied]!
  }

  /** Offset of the last one, in the entity's own partition. */
  get lastOffset(): number {
    return this.numbers[PLACE.lastOffset]!
  }

  /** Event time of the newest one; fading counters are as of this moment. -1 none. */
  get asOfMs(): number {
    return this.numbers[PLACE.asOfMs]!
  }
}

/** An array of doubles for V8, although whole numbers go into it: nothing is boxed, nothing is moved later. */
export function doubles(values: readonly number[]): number[] {
  const array: number[] = []
  for (let n = 0; n < values.length; n++) array.push(0.5)
  for (const [n, value] of values.entries()) array[n] = value
  return array
}

/** An entry of which nothing was counted yet; `blank` is that of its map (StateLayout.mapBlanks). */
export function newEntry(key: string, blank: readonly number[]): MapEntry {
  return { key, counters: blank.slice() }
}
