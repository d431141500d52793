import { canonicalHash } from '../canonical-hash.ts'
import { doubles } from './entity-state.ts'
import { blankOf, storedOf, type Lookup, type OwnSlot, type OwnTouch } from './own-slot.ts'

const MINUTE_MS = 60_000
/** Changes when the meaning of stored numbers changes: every state is then rebuilt from the log. */
const STATE_FORMAT = 1

export interface CounterSlot {
  types: string[]
  /** null: nothing fades. */
  halfLifeMs: number | null
}

export interface WindowSlot {
  types: string[]
  bucketMs: number
  buckets: number
}

/** Counters per value of an item attribute: what this user does with items of each category. */
export interface MapSlot {
  attribute: string
  /** Upper bounds that cut a number into bands; null for texts. */
  bands: number[] | null
  valuesMax: number
  counters: CounterSlot[]
}

/** Which slots an interaction of one type touches. */
export interface TypeTouches {
  counters: number[]
  windows: number[]
  recencies: number[]
  /** Per map, the counters inside it; empty when the map does not care. */
  maps: number[][]
  mapsTouched: boolean
  own: OwnTouch[]
  /** Whether folding it needs anything of the item: the values of the layout's lookups. */
  looksUp: boolean
}

/** Where a state's numbers are (EntityState.numbers). */
export interface StatePlaces {
  /** The first counter; the others follow. */
  readonly counters: number
  /** The first event time, -1 never; the others follow. */
  readonly recencies: number
  /** Per window the number of its newest bucket, -1 none; behind it the count of that bucket, of the one before, ... */
  readonly windows: readonly number[]
  /** Per own slot its first number. */
  readonly own: readonly number[]
  /** Per own slot, which of the state's maps holds its entries, -1 none. */
  readonly ownEntries: readonly number[]
}

/** Of whom a state is; `feed`: of all users of a partition together. */
export type StateEntity = 'user' | 'item' | 'feed'

/** What is stored for a user, an item or the feed, in order. Definitions that need the same slot share it. */
export interface StateLayout {
  readonly entity: StateEntity
  /** Hash of all of this: another id means other bytes and other Redis keys. */
  readonly id: string
  readonly counters: readonly CounterSlot[]
  readonly windows: readonly WindowSlot[]
  readonly recencies: readonly { types: string[] }[]
  readonly maps: readonly MapSlot[]
  readonly own: readonly OwnSlot[]
  /** What folds are given of the item: for each map, then for each own slot that asks. */
  readonly lookups: readonly Lookup[]
  /** Distinct half-lives; the others name them by position, -1 for none. */
  readonly halfLivesMs: readonly number[]
  readonly counterHalfLives: readonly number[]
  readonly mapHalfLives: readonly (readonly number[])[]
  readonly touches: ReadonlyMap<string, TypeTouches>
  /** Interaction types whose values folds need. */
  readonly valueTypes: ReadonlySet<string>
  /** Interaction types of whose item folds need the hash. */
  readonly itemTypes: ReadonlySet<string>
  readonly places: StatePlaces
  /** The numbers of an entity without interactions. */
  readonly blank: readonly number[]
  /** Per map, then per own slot with entries: the numbers of a new entry. */
  readonly mapBlanks: readonly (readonly number[])[]
  /** Interaction ids remembered (features.deduplicate.window), 0 none. Not part of the id: a state outlives another window. */
  readonly recentIdsMax: number
  /** Event time without a word after which an entity's state is over (features.expiry.inactiveDays), 0 never. Not part of the id. */
  readonly expiryMs: number
}

/** Where a definition finds its numbers in the state. */
export interface LayoutBuilder {
  counter(types: readonly string[], halfLifeMinutes: number | null): number
  window(types: readonly string[], windowMinutes: number, bucketMinutes: number): number
  recency(types: readonly string[]): number
  map(attribute: string, bands: readonly number[] | null, valuesMax: number): number
  mapCounter(map: number, types: readonly string[], halfLifeMinutes: number): number
  own(slot: OwnSlot): number
  /** @param beside id of the layout of what lies under the same keys' prefix: they are rebuilt together */
  finish(beside?: string): StateLayout
}

export function buildLayout(entity: StateEntity): LayoutBuilder {
  const counters: CounterSlot[] = []
  const windows: WindowSlot[] = []
  const recencies: { types: string[] }[] = []
  const maps: MapSlot[] = []
  const own: OwnSlot[] = []

  const counterSlot = (types: readonly string[], halfLifeMinutes: number | null): CounterSlot => ({
    types: sortedTypes(types),
    halfLifeMs: halfLifeMinutes === null ? null : halfLifeMinutes * MINUTE_MS,
  })

  return {
    counter: (types, halfLifeMinutes) => placeOf(counters, counterSlot(types, halfLifeMinutes)),
    window: (types, windowMinutes, bucketMinutes) =>
      placeOf(windows, {
        types: sortedTypes(types),
        bucketMs: bucketMinutes * MINUTE_MS,
        buckets: Math.round(windowMinutes / bucketMinutes),
      }),
    recency: (types) => placeOf(recencies, { types: sortedTypes(types) }),
    map(attribute, bands, valuesMax) {
      const bounds = bands === null ? null : [...bands]
      const found = maps.findIndex((m) => m.attribute === attribute && same(m.bands, bounds))
      if (found < 0) return maps.push({ attribute, bands: bounds, valuesMax, counters: [] }) - 1
      maps[found]!.valuesMax = Math.max(maps[found]!.valuesMax, valuesMax)
      return found
    },
    mapCounter: (map, types, halfLifeMinutes) =>
      placeOf(maps[map]!.counters, counterSlot(types, halfLifeMinutes)),
    own(slot) {
      if (entity === 'item' && slot.lookup !== null)
        throw new Error(`${slot.spec.kind}: nothing is looked up when an item is folded`)
      const found = own.findIndex((other) => same(storedOf(other), storedOf(slot)))
      return found >= 0 ? found : own.push(slot) - 1
    },
    finish: (beside) => finishLayout({ entity, counters, windows, recencies, maps, own }, beside),
  }
}

type Slots = Pick<StateLayout, 'entity' | 'counters' | 'windows' | 'recencies' | 'maps' | 'own'>

function finishLayout(slots: Slots, beside: string | undefined): StateLayout {
  const { entity, counters, windows, recencies, maps, own } = slots
  const halfLivesMs: number[] = []
  const halfLifeOf = ({ halfLifeMs }: CounterSlot) =>
    halfLifeMs === null ? -1 : placeOf(halfLivesMs, halfLifeMs)
  const counterHalfLives = counters.map(halfLifeOf)
  const mapHalfLives = maps.map((map) => map.counters.map(halfLifeOf))
  const { places, blank } = placed(slots)
  const owned = own.length === 0 ? {} : { own: own.map(storedOf) }
  const also = beside === undefined ? {} : { beside }
  return {
    ...slots,
    id: canonicalHash({
      format: STATE_FORMAT,
      entity,
      counters,
      windows,
      recencies,
      maps,
      ...owned,
      ...also,
    }),
    lookups: [
      ...maps.map(({ attribute, bands }) => ({ attribute, bands })),
      ...own.flatMap(({ lookup }) => (lookup === null ? [] : [lookup])),
    ],
    halfLivesMs,
    counterHalfLives,
    mapHalfLives,
    touches: touchesByType(slots, places),
    valueTypes: typesOf(own.filter(({ takesValue }) => takesValue)),
    itemTypes: typesOf(own.filter(({ takesItem }) => takesItem)),
    places,
    blank,
    mapBlanks: [
      ...maps.map((map) => doubles(map.counters.map(() => 0))),
      ...own.flatMap(({ entries }) => (entries === null ? [] : [blankOf(entries.numbers)])),
    ],
    recentIdsMax: 0,
    expiryMs: 0,
  }
}

/** Clock, counters, recencies, windows, own slots. */
function placed({ counters, recencies, windows, maps, own }: Slots): Pick<StateLayout, 'places' | 'blank'> {
  const blank = [0, -1, -1] // applied, lastOffset, asOfMs
  let entriesAt = maps.length
  const place = (values: readonly number[]) => blank.push(...values) - values.length
  const places = {
    counters: place(new Array<number>(counters.length).fill(0)),
    recencies: place(new Array<number>(recencies.length).fill(-1)),
    windows: windows.map(({ buckets }) => place([-1, ...new Array<number>(buckets).fill(0)])),
    own: own.map(({ numbers }) => place(blankOf(numbers))),
    ownEntries: own.map(({ entries }) => (entries === null ? -1 : entriesAt++)),
  }
  return { places, blank: doubles(blank) }
}

function touchesByType(slots: Slots, { own: ownPlaces }: StatePlaces): Map<string, TypeTouches> {
  const { counters, windows, recencies, maps, own } = slots
  const all = [...counters, ...windows, ...recencies, ...maps.flatMap((map) => map.counters)]
  const types = new Set([
    ...all.flatMap((slot) => slot.types),
    ...own.flatMap(({ folds }) => [...folds.keys()]),
  ])
  const places = (slots: readonly { types: string[] }[], type: string) =>
    slots.flatMap((slot, index) => (slot.types.includes(type) ? [index] : []))
  return new Map(
    [...types].map((type) => {
      const inMaps = maps.map((map) => places(map.counters, type))
      const mapsTouched = inMaps.some((inside) => inside.length > 0)
      const ownTouched = ownTouches(slots, ownPlaces, type)
      const touches: TypeTouches = {
        counters: places(counters, type),
        windows: places(windows, type),
        recencies: places(recencies, type),
        maps: inMaps,
        mapsTouched,
        own: ownTouched,
        looksUp: mapsTouched || ownTouched.some(({ lookup }) => lookup >= 0),
      }
      return [type, touches]
    }),
  )
}

function ownTouches({ maps, own }: Slots, places: readonly number[], type: string): OwnTouch[] {
  const touches: OwnTouch[] = []
  let entriesAt = maps.length
  let lookupAt = maps.length
  for (const [i, slot] of own.entries()) {
    const entries = slot.entries === null ? -1 : entriesAt++
    const lookup = slot.lookup === null ? -1 : lookupAt++
    const fold = slot.folds.get(type)
    if (fold !== undefined) touches.push({ fold, at: places[i]!, entries, lookup })
  }
  return touches
}

/** The key under which a map counts this attribute value; null when the value is missing or of the wrong kind. */
export function mapKeyOf(
  slot: { bands: readonly number[] | null },
  value: string | number | null | undefined,
): string | null {
  if (value === null || value === undefined) return null
  if (slot.bands === null) return typeof value === 'string' ? value : null
  if (typeof value !== 'number') return null
  let band = 0
  while (band < slot.bands.length && value >= slot.bands[band]!) band++
  return String(band)
}

const typesOf = (own: readonly OwnSlot[]) => new Set(own.flatMap(({ folds }) => [...folds.keys()]))
const sortedTypes = (types: readonly string[]) => [...new Set(types)].sort()
const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right)

function placeOf<T>(slots: T[], slot: T): number {
  const found = slots.findIndex((other) => same(other, slot))
  return found >= 0 ? found : slots.push(slot) - 1
}
