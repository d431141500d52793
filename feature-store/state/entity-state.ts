import type { StateLayout } from './layout.ts'

export interface WindowState {
  /** Number of the newest bucket: floor(occurredAtMs / bucketMs); -1 none. */
  newest: number
  /** counts[k] belongs to bucket number newest - k. */
  counts: number[]
}

export interface MapEntry {
  key: string
  counters: Float64Array
}

/** What is known of one user or item. Folds change it in place; its owner throws it away when a write fails. */
export interface EntityState {
  /** Interactions folded so far. */
  applied: number
  /** Offset of the last one, in the entity's own partition. */
  lastOffset: number
  /** Event time of the newest one; fading counters are as of this moment. -1 none. */
  asOfMs: number
  counters: Float64Array
  windows: WindowState[]
  /** Event times, -1 never. */
  recencies: Float64Array
  /** Per map, least recently updated first. */
  maps: MapEntry[][]
  /** The slice that touched it last, for its owner; not stored. */
  touchedIn: number
}

export function emptyState(layout: StateLayout): EntityState {
  return {
    applied: 0,
    lastOffset: -1,
    asOfMs: -1,
    counters: new Float64Array(layout.counters.length),
    windows: layout.windows.map(({ buckets }) => ({
      newest: -1,
      counts: new Array<number>(buckets).fill(0),
    })),
    recencies: new Float64Array(layout.recencies.length).fill(-1),
    maps: layout.maps.map(() => []),
    touchedIn: 0,
  }
}
