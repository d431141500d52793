import { z } from 'zod'
import { STALE } from '../contract.ts'
import type { OwnFold, OwnNumber, OwnSlot } from '../state/own-slot.ts'
import { idHashOf } from '../state/recent-ids.ts'
import type { EntityView } from '../vectors/entity-view.ts'
import { scaledCount, scaledRate } from '../vectors/scales.ts'
import { COUNT as COUNTED, RATE } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { priorOf } from './parts/prior.ts'
import { joined, minutes, named, smoothing } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('coEngagement'),
  ...named,
  ...smoothing,
  last: z.int().min(1).max(64).default(8).describe("a user's last successes that are remembered"),
  itemsMax: z
    .int()
    .min(1)
    .max(512)
    .default(32)
    .describe('items that each item is counted with: the most frequent ones'),
  halfLifeMinutes: minutes('counts are halved every so often').optional(),
})

const MINUTE_MS = 60_000
/** Of the item's slot: which half-life it was halved for last, 0 none; then rows. */
const PERIOD = 0
const ROWS = 1
/** Of a row: an item's hash, its count of Space-Saving, how much of it may be others', and successes since it came in. */
const HASH = 0
const COUNT = 1
const ERROR = 2
const SUCCESSES = 3
const ROW = 4

const countsOf = (names: readonly string[]): OwnNumber[] =>
  names.map((name) => ({ name, stored: 'count' as const }))

/** The user's last items, newest first, each once. */
function listSlot(of: readonly string[], carriedBy: readonly string[], last: number): OwnSlot {
  const spec = { kind: 'coEngagement', of, last }
  const moveToFront: OwnFold = (numbers, at, _, __, ___, { itemHash = 0 }) => {
    let place = 0
    while (place < last - 1 && numbers[at + place] !== itemHash) place++
    for (; place > 0; place--) numbers[at + place] = numbers[at + place - 1]!
    numbers[at] = itemHash
  }
  return {
    spec,
    numbers: countsOf(Array.from({ length: last }, (_, n) => `item${String(n)}`)),
    entries: null,
    lookup: null,
    takesItem: true,
    trimmed: true,
    carries: {
      listHash: idHashOf(JSON.stringify(spec)),
      types: new Set(carriedBy),
      items(numbers, at, itemHash) {
        const found: number[] = []
        for (let n = 0; n < last; n++) {
          const hash = numbers[at + n]!
          if (hash !== 0 && hash !== itemHash) found.push(hash)
        }
        return found
      },
    },
    folds: new Map(of.map((type) => [type, moveToFront])),
  }
}

/** The place of the item's row; when it has none, of the one to be used for it: a free one, or the one counted least. */
function rowOf(numbers: readonly number[], rows: number, itemsMax: number, hash: number): number {
  let least = rows
  for (let row = rows; row < rows + itemsMax * ROW; row += ROW) {
    if (numbers[row + HASH] === hash) return row
    if (numbers[row + COUNT]! < numbers[least + COUNT]!) least = row
  }
  return least
}

function countTrial(numbers: number[], rows: number, itemsMax: number, hash: number): void {
  const row = rowOf(numbers, rows, itemsMax, hash)
  if (numbers[row + HASH] !== hash) {
    numbers[row + HASH] = hash
    numbers[row + ERROR] = numbers[row + COUNT]!
    numbers[row + SUCCESSES] = 0
  }
  numbers[row + COUNT]!++
}

/** Of a trial that was counted; more successes than trials there are not. */
function countSuccess(numbers: number[], rows: number, itemsMax: number, hash: number): void {
  const row = rowOf(numbers, rows, itemsMax, hash)
  if (numbers[row + HASH] === hash && numbers[row + SUCCESSES]! < trialsOf(numbers, row))
    numbers[row + SUCCESSES]!++
}

const trialsOf = (numbers: readonly number[], row: number) => numbers[row + COUNT]! - numbers[row + ERROR]!

/** Rounded down, so that what is not seen again is forgotten; a row without a count is free. */
function halve(numbers: number[], rows: number, itemsMax: number, times: number): void {
  const share = 2 ** -times
  for (let row = rows; row < rows + itemsMax * ROW; row += ROW) {
    for (const column of [COUNT, ERROR, SUCCESSES])
      numbers[row + column] = Math.floor(numbers[row + column]! * share)
    numbers[row + SUCCESSES] = Math.min(numbers[row + SUCCESSES]!, trialsOf(numbers, row))
    if (numbers[row + COUNT] === 0) numbers[row + HASH] = 0
  }
}

interface Counting {
  of: readonly string[]
  per: readonly string[]
  listHash: number
  itemsMax: number
  halfLifeMs: number
}

/**
 * Per item that users came from, trials and successes with this one, for those that it meets most: Space-Saving. Its counts
 * are at most by `error` too high; trials and successes are those since the row came in, so their rate is of the same people.
 *
 * @see Metwally, Agrawal, El Abbadi (2005), Efficient Computation of Frequent and Top-k Elements in Data Streams, ICDT 2005
 */
function countsSlot({ of, per, listHash, itemsMax, halfLifeMs }: Counting): OwnSlot {
  const foldOf =
    (isTrial: boolean, isSuccess: boolean): OwnFold =>
    (numbers, at, occurredAtMs, _, __, { recentItems }) => {
      if (halfLifeMs !== Number.POSITIVE_INFINITY) {
        const period = Math.floor(occurredAtMs / halfLifeMs)
        const passed = period - numbers[at + PERIOD]!
        if (passed > 0) {
          if (numbers[at + PERIOD]! > 0) halve(numbers, at + ROWS, itemsMax, passed)
          numbers[at + PERIOD] = period
        }
      }
      for (const { listHash: told, itemHashes } of recentItems) {
        if (told !== listHash) continue
        for (const hash of itemHashes) {
          if (isTrial) countTrial(numbers, at + ROWS, itemsMax, hash)
          if (isSuccess) countSuccess(numbers, at + ROWS, itemsMax, hash)
        }
      }
    }
  const rows = Array.from({ length: itemsMax }, (_, n) =>
    ['hash', 'count', 'error', 'successes'].map((column) => `${column}${String(n)}`),
  )
  return {
    spec: {
      kind: 'coEngagement',
      of,
      per,
      listHash,
      halfLifeMs: halfLifeMs === Number.POSITIVE_INFINITY ? null : halfLifeMs,
    },
    numbers: countsOf(['period', ...rows.flat()]),
    entries: null,
    lookup: null,
    trimmed: true,
    folds: new Map(
      [...new Set([...of, ...per])]
        .sort()
        .map((type) => [type, foldOf(per.includes(type), of.includes(type))] as const),
    ),
  }
}

/** How often people who liked what this user liked last also liked the candidate: ln(rate / prior), -4..4, and evidence. */
export const coEngagement = defineKind(schema, {
  meaning:
    'How often people who liked what this user liked last also liked the candidate: ln(rate / prior), -4..4, and evidence.',
  example: { of: ['click'], per: ['view'], prior: 0.12, strength: 5 },
  units: () => [RATE, COUNTED],
  states: () => ['user', 'item'],
  nameOf: ({ of, per }) => `co_${joined(of)}_per_${joined(per)}`,
  uses: ({ of, per }) => ({ ...USES_NOTHING, interactionTypes: { of, per } }),
  mistakes: () => undefined,
  state({ of, per, prior, last, itemsMax, halfLifeMinutes }, layouts) {
    const { user, item } = layouts
    const [successes, trials] = [[...new Set(of)].sort(), [...new Set(per)].sort()]
    const list = listSlot(successes, [...successes, ...trials], last)
    const counts = countsSlot({
      of: successes,
      per: trials,
      listHash: list.carries!.listHash,
      itemsMax,
      halfLifeMs: halfLifeMinutes === undefined ? Number.POSITIVE_INFINITY : halfLifeMinutes * MINUTE_MS,
    })
    return {
      list: user.own(list),
      counts: item.own(counts),
      priorIn: priorOf({ of, per, prior }, halfLifeMinutes ?? null, layouts),
    }
  },
  columns: ({ last, itemsMax, strength }, { list, counts, priorIn }) => {
    const likedOf = lastLiked(list, last)
    return {
      scope: 'candidate',
      suffixes: ['', '_trials'],
      write(input, vector, flags, first) {
        const { user, item } = input
        if (user.stale || item.stale) flags.fill(STALE, first, first + 2)
        if (user.state === null || item.state === null) return
        const liked = likedOf(user)
        if (liked.count === 0) {
          vector[first] = scaledRate(0, 0, priorIn(input), strength)
          return
        }
        const { successes, trials } = together(
          liked,
          item.state.numbers,
          item.layout.places.own[counts]! + ROWS,
          itemsMax,
        )
        vector[first] = scaledRate(successes, trials, priorIn(input), strength)
        vector[first + 1] = scaledCount(trials)
      },
    }
  },
})

/** A user's last items. */
interface Liked {
  hashes: Float64Array
  count: number
  /** Which last five bits their hashes have: most rows of an item are passed over by one look. */
  lastBits: number
}

/** Found once, and asked for by every candidate of the request. */
function lastLiked(list: number, last: number): (user: EntityView) => Liked {
  let lastUser: EntityView | undefined
  const liked: Liked = { hashes: new Float64Array(last), count: 0, lastBits: 0 }
  return (user) => {
    if (user === lastUser) return liked
    lastUser = user
    liked.count = 0
    liked.lastBits = 0
    const at = user.layout.places.own[list]!
    for (let n = 0; n < last && user.state !== null; n++) {
      const hash = user.state.numbers[at + n]!
      if (hash === 0) break
      liked.hashes[liked.count++] = hash
      liked.lastBits |= 1 << (hash & 31)
    }
    return liked
  }
}

/** Over the item's rows of the user's last items. */
function together(
  { hashes, count, lastBits }: Liked,
  ofItem: readonly number[],
  rows: number,
  itemsMax: number,
): { successes: number; trials: number } {
  let [successes, trials] = [0, 0]
  for (let row = rows; row < rows + itemsMax * ROW; row += ROW) {
    const hash = ofItem[row + HASH]!
    if (hash === 0 || (lastBits & (1 << (hash & 31))) === 0) continue
    let n = 0
    while (n < count && hashes[n] !== hash) n++
    if (n === count) continue
    successes += ofItem[row + SUCCESSES]!
    trials += trialsOf(ofItem, row)
  }
  return { successes, trials }
}
