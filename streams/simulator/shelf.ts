import type { Attribute, Item } from '#schemas'
import type { SimulatorConfig } from './config.ts'
import { createDeck } from './deck.ts'
import { createRandom } from './random.ts'

export interface LiveItem {
  itemId: string
  category: number
  /** 0..1, two decimals. */
  price: number
  /** Log-odds that no attribute tells. */
  quality: number
  shownFromMs: number
  diesAtMs: number
}

/** What births and popularity look like at the moment; injections change it. */
export interface ShelfMood {
  /** The new category floods in. */
  flood: boolean
  /** The publisher lost the price of new items. */
  priceMissing: boolean
}

export interface Shelf {
  readonly seatCount: number
  readonly bornCount: number
  itemAt(seat: number): LiveItem | undefined
  byId(itemId: string): LiveItem | undefined
  /** A new item takes the seat. The one before it is dead, and forgotten a while later. */
  bear(seat: number, atMs: number, mood: ShelfMood): { item: LiveItem; record: Item }
  /** At most `count` different items that may be shown, the most popular tend to be first. */
  sample(count: number, atMs: number): LiveItem[]
}

const MINUTE_MS = 60_000
const PRICE_BANDS = 10
const FLOOD_SHARE = 0.7
const FLOOD_LIFE_SHARE = 0.5
/** The dead may still be in an answer that is under way. */
const DEAD_REMEMBERED_MAX = 1_000

/**
 * The items people can be shown. There are as many seats as items alive at a time. Each seat has a Zipf popularity,
 * which its item raises or lowers as it trends and fades. Sampling costs O(seats).
 */
export function createShelf(seed: string, config: SimulatorConfig): Shelf {
  const births = createRandom(`${seed}/births`)
  const nextCategory = createDeck(births, config.categories)
  const nextPriceBand = createDeck(births, PRICE_BANDS)
  const draws = createRandom(`${seed}/candidates`)
  const seats: (LiveItem | undefined)[] = Array.from({ length: config.liveItemsMax })
  const popularity = Float64Array.from(seats, (_, seat) => (seat + 1) ** -config.popularityExponent)
  const shownAfterMs = config.shownAfterMinutes * MINUTE_MS
  const known = new Map<string, LiveItem>()
  const dead: string[] = []
  let bornCount = 0

  function bear(seat: number, atMs: number, mood: ShelfMood): { item: LiveItem; record: Item } {
    const previous = seats[seat]
    if (previous !== undefined) bury(previous)
    // The first item of a seat is there when the feed opens.
    const shownFromMs = previous === undefined ? atMs : atMs + shownAfterMs
    const floods = births.chance(FLOOD_SHARE) && mood.flood
    const category = nextCategory()
    const life = config.itemLifeMinutes * (0.5 + births.next()) * (mood.flood ? FLOOD_LIFE_SHARE : 1)
    const item = {
      itemId: `i${String(bornCount++)}`,
      category: floods ? config.categories : category,
      price: Math.round(((nextPriceBand() + births.next()) / PRICE_BANDS) * 100) / 100,
      quality: config.qualitySpread * births.normal(),
      shownFromMs,
      diesAtMs: shownFromMs + Math.max(1, life) * MINUTE_MS,
    }
    seats[seat] = item
    known.set(item.itemId, item)
    return { item, record: { itemId: item.itemId, occurredAtMs: atMs, attributes: attributesOf(item, mood) } }
  }

  function bury(item: LiveItem): void {
    dead.push(item.itemId)
    if (dead.length > DEAD_REMEMBERED_MAX) known.delete(dead.shift()!)
  }

  // Weighted sampling without replacement by exponential keys (Efraimidis and Spirakis 2006).
  function sample(count: number, atMs: number): LiveItem[] {
    const keyed: { item: LiveItem; key: number }[] = []
    for (const [seat, item] of seats.entries()) {
      if (item === undefined || item.shownFromMs > atMs) continue
      keyed.push({ item, key: draws.exponential(1) / (popularity[seat]! * trendOf(item, atMs)) })
    }
    keyed.sort((left, right) => left.key - right.key)
    return keyed.slice(0, count).map(({ item }) => item)
  }

  return {
    seatCount: seats.length,
    get bornCount() {
      return bornCount
    },
    itemAt: (seat) => seats[seat],
    byId: (itemId) => known.get(itemId),
    bear,
    sample,
  }
}

/** Rises from a quarter to full over the first tenth of a life, then fades to a third. */
export function trendOf({ shownFromMs, diesAtMs }: LiveItem, atMs: number): number {
  const age = Math.min(1, Math.max(0, (atMs - shownFromMs) / (diesAtMs - shownFromMs)))
  return age < 0.1 ? 0.25 + 7.5 * age : 1 - (2 / 3) * ((age - 0.1) / 0.9)
}

function attributesOf(item: LiveItem, { priceMissing }: ShelfMood): Attribute[] {
  const category: Attribute = { name: 'category', text: `c${String(item.category)}`, number: null }
  return priceMissing ? [category] : [category, { name: 'price', text: null, number: item.price }]
}
