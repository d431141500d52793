import type { Attribute, Item, RankRequest, User } from '#schemas'
import type { SliceConfig } from '../../config.ts'
import { growing } from './growing.ts'

/** Which part of the rows each row belongs to, by one point of view. */
export interface SliceColumn {
  name: string
  /** Per row, the place of its value. */
  codes: Int32Array
  values: readonly string[]
}

/** Notes the declared slices of every row as it is asked for. */
export interface Slicer {
  user(user: User): void
  item(item: Item): void
  /** One entry per candidate. */
  request(request: RankRequest): void
  columns(): SliceColumn[]
}

const MISSING = 'missing'
/** Values of one slice that are told apart; more are `others`. */
const VALUES_MAX = 200
const OTHERS = 'others'

export function createSlicer(slices: readonly SliceConfig[]): Slicer {
  const known = {
    user: new Map<string, readonly Attribute[]>(),
    item: new Map<string, readonly Attribute[]>(),
  }
  const noted = slices.map((slice) => ({
    slice,
    codes: growing(Int32Array),
    places: new Map<string, number>(),
  }))

  function codeOf(places: Map<string, number>, value: string): number {
    const kept = places.has(value) || places.size < VALUES_MAX ? value : OTHERS
    const place = places.get(kept) ?? places.size
    places.set(kept, place)
    return place
  }

  return {
    user: ({ userId, attributes }) => void (slices.length > 0 && known.user.set(userId, attributes)),
    item: ({ itemId, attributes }) => void (slices.length > 0 && known.item.set(itemId, attributes)),
    request({ userId, candidates, context }) {
      for (const { slice, codes, places } of noted) {
        for (const itemId of candidates) {
          const { of, attribute } = slice
          const from = of === 'context' ? context : known[of].get(of === 'user' ? userId : itemId)
          codes.push(codeOf(places, valueOf(from, attribute)))
        }
      }
    },
    columns: () =>
      noted.map(({ slice: { of, attribute }, codes, places }) => ({
        name: `${of} ${attribute}`,
        codes: codes.values(),
        values: [...places.keys()],
      })),
  }
}

/** The first value, where there are several. */
function valueOf(attributes: readonly Attribute[] | undefined, name: string): string {
  const found = attributes?.find((attribute) => attribute.name === name)
  return found?.text ?? found?.number?.toString() ?? MISSING
}

/** What every log can be looked at by, without a declaration. Rows of a user or item are counted from the log's start. */
export function commonSlices(rows: {
  occurredAtMs: Float64Array
  requests: Int32Array
  users: Int32Array
  items: Int32Array
}): SliceColumn[] {
  const lengths = lengthsOf(rows.requests)
  const hours = rows.occurredAtMs.map((atMs) => Math.floor((atMs / 3_600_000) % 24))
  return [
    banded('item shown before', countsBefore(rows.items), 'times'),
    banded('user asked before', countsBefore(rows.users), 'rows'),
    banded('items in the request', lengths, 'items'),
    {
      name: 'hour (UTC)',
      codes: Int32Array.from(hours, (hour) => Math.floor(hour / 6)),
      values: ['0 to 6', '6 to 12', '12 to 18', '18 to 24'],
    },
  ]
}

/** Lower ends of the bands. */
const BANDS = [0, 1, 10, 100, 1_000]

function banded(name: string, counts: Int32Array, unit: string): SliceColumn {
  const values = BANDS.map((low, band) => {
    const next = BANDS[band + 1]
    if (next === undefined) return `${String(low)} ${unit} or more`
    return next - low === 1 ? `${String(low)} ${unit}` : `${String(low)} to ${String(next - 1)} ${unit}`
  })
  const codes = counts.map((count) => BANDS.findLastIndex((low) => low <= count))
  return { name, codes, values }
}

function countsBefore(numbers: Int32Array): Int32Array {
  const counts = new Map<number, number>()
  return numbers.map((number) => {
    const before = counts.get(number) ?? 0
    counts.set(number, before + 1)
    return before
  })
}

function lengthsOf(requests: Int32Array): Int32Array {
  const lengths = new Map<number, number>()
  for (const request of requests) lengths.set(request, (lengths.get(request) ?? 0) + 1)
  return requests.map((request) => lengths.get(request)!)
}
