import { attributesOf, interactionOf, type Workload } from './numbered-traffic.ts'

/** What must be stored for an entity: slots as the feature set declares them, filled by this file's own arithmetic. */
export interface ReferenceState {
  applied: number
  asOfMs: number
  counters: number[]
  windows: { newest: number; counts: number[] }[]
  recencies: number[]
  /** Per map, its counters by category or price band. */
  maps: Map<string, number[]>[]
}

/** One interaction as an entity sees it. */
export interface ReferenceEvent {
  id: string
  type: string
  occurredAtMs: number
  /** Of the item; null when nothing was known of it. */
  attributes: Readonly<Record<string, string | number>> | null
}

/** The declared slots; feature-store's StateLayout is one of these. */
export interface ReferenceLayout {
  readonly counters: readonly { types: readonly string[]; halfLifeMs: number | null }[]
  readonly windows: readonly { types: readonly string[]; bucketMs: number; buckets: number }[]
  readonly recencies: readonly { types: readonly string[] }[]
  readonly maps: readonly {
    attribute: string
    bands: readonly number[] | null
    counters: readonly { types: readonly string[]; halfLifeMs: number | null }[]
  }[]
}

/**
 * The exact state of every entity, in one thread, from nothing but the events, in whatever order: when the newest event
 * of an entity was at T, a fading count is the sum of 2 ^ (-(T - t) / halfLife) over its events at t, a window counts
 * per bucket, a recency is the largest t. Shares no code with feature-store's fold, which goes forward event by event.
 *
 * Maps that hold at most so many values are taken to hold them all: workloads must not declare more.
 *
 * @param events the same events at each call: they are read twice, and never held
 */
export function computeReference(
  layout: ReferenceLayout,
  events: () => Iterable<ReferenceEvent>,
): Map<string, ReferenceState> {
  const states = new Map<string, ReferenceState>()
  const buckets = new Map<string, Map<number, number>[]>()
  for (const { id, occurredAtMs } of events()) {
    let state = states.get(id)
    if (state === undefined) {
      states.set(id, (state = emptyReference(layout)))
      buckets.set(
        id,
        layout.windows.map(() => new Map<number, number>()),
      )
    }
    state.applied += 1
    if (occurredAtMs > state.asOfMs) state.asOfMs = occurredAtMs
  }
  for (const event of events()) addTo(layout, states.get(event.id)!, buckets.get(event.id)!, event)
  for (const [id, state] of states)
    state.windows = layout.windows.map((window, w) => windowOf(buckets.get(id)![w]!, window.buckets))
  return states
}

function emptyReference(layout: ReferenceLayout): ReferenceState {
  return {
    applied: 0,
    asOfMs: -1,
    counters: layout.counters.map(() => 0),
    windows: [],
    recencies: layout.recencies.map(() => -1),
    maps: layout.maps.map(() => new Map<string, number[]>()),
  }
}

function addTo(
  layout: ReferenceLayout,
  state: ReferenceState,
  buckets: Map<number, number>[],
  { type, occurredAtMs, attributes }: ReferenceEvent,
): void {
  const ageMs = state.asOfMs - occurredAtMs
  const amount = (halfLifeMs: number | null) => (halfLifeMs === null ? 1 : 2 ** (-ageMs / halfLifeMs))
  for (const [i, { types, halfLifeMs }] of layout.counters.entries())
    if (types.includes(type)) state.counters[i]! += amount(halfLifeMs)
  for (const [i, { types }] of layout.recencies.entries())
    if (types.includes(type) && occurredAtMs > state.recencies[i]!) state.recencies[i] = occurredAtMs
  for (const [i, { types, bucketMs }] of layout.windows.entries()) {
    if (!types.includes(type)) continue
    const bucket = Math.floor(occurredAtMs / bucketMs)
    buckets[i]!.set(bucket, (buckets[i]!.get(bucket) ?? 0) + 1)
  }
  for (const [i, { attribute, bands, counters }] of layout.maps.entries()) {
    const value = attributes?.[attribute]
    if (value === undefined || !counters.some(({ types }) => types.includes(type))) continue
    const key =
      bands === null ? String(value) : String(bands.filter((bound) => Number(value) >= bound).length)
    const counts = state.maps[i]!.get(key) ?? counters.map(() => 0)
    state.maps[i]!.set(key, counts)
    for (const [k, { types, halfLifeMs }] of counters.entries())
      if (types.includes(type)) counts[k]! += amount(halfLifeMs)
  }
}

function windowOf(counted: ReadonlyMap<number, number>, size: number): { newest: number; counts: number[] } {
  const newest = Math.max(-1, ...counted.keys())
  return { newest, counts: Array.from({ length: size }, (_, k) => counted.get(newest - k) ?? 0) }
}

/** The events of a workload as its users, and as its items, see them. */
export function* eventsOf(
  workload: Workload,
  entity: 'user' | 'item',
  numbers: Iterable<number>,
): Iterable<ReferenceEvent> {
  for (const n of numbers) {
    const { userId, itemId, type, occurredAtMs } = interactionOf(workload, n)
    if (entity === 'item') yield { id: itemId, type, occurredAtMs, attributes: null }
    else yield { id: userId, type, occurredAtMs, attributes: attributesOf(workload, itemId) }
  }
}
