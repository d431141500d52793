import type { RecentItems } from '#schemas'
import { doubles, newEntry, type MapEntry } from './entity-state.ts'

/**
 * A number of an own slot, by what it says, and how it is stored.
 * - `count`: whole, not negative; 0 at first
 * - `moment`: an event time that is not after the entity's newest; -1 (none) at first
 * - `amount`: any number; 0 at first
 */
export interface OwnNumber {
  readonly name: string
  readonly stored: 'count' | 'moment' | 'amount'
}

/** What an interaction tells beside its type and event time, to the slots that ask for it. */
export interface Details {
  /** Finite; null: it has none, or none that fits (limits.valueMax). */
  readonly value: number | null
  /** When a user is folded: of the item. */
  readonly itemHash?: number
  /** When an item is folded: what the user had engaged with last, before it. */
  readonly recentItems: readonly RecentItems[]
}

export const NO_DETAILS: Details = { value: null, recentItems: [] }

/** Users only: items in the user's state that copies take along, as they were before the interaction. */
export interface CarriedItems {
  /** Hash of what the list holds, so that a copy of another configuration is not taken for it. */
  readonly listHash: number
  /** Of the copies. */
  readonly types: ReadonlySet<string>
  /** Hashes of item ids, newest first, without this one; or the hash of the user's own. @param at where the slot's numbers begin */
  items(numbers: readonly number[], at: number, itemHash: number, userId: string): number[]
}

/**
 * How an interaction of one type changes an own slot, in place. Like every fold it may depend on nothing else than
 * what it is given: the same interactions in the same order must leave the same bytes.
 *
 * @param at where the slot's numbers begin in `numbers`
 * @param entries the slot's entries, least recently updated first; keep them within `entries.valuesMax` (touchEntry)
 * @param key what the slot looks up of the item; null: unknown, or nothing to look up
 */
export type OwnFold = (
  numbers: number[],
  at: number,
  occurredAtMs: number,
  entries: MapEntry[],
  key: string | null,
  details: Details,
) => void

/** What folds look up of the item, as it was at first sight: the value of an attribute, or the band it falls into. */
export interface Lookup {
  readonly attribute: string
  /** Upper bounds that cut a number into bands; null for texts. */
  readonly bands: readonly number[] | null
}

export interface OwnEntries {
  readonly valuesMax: number
  readonly numbers: readonly OwnNumber[]
  /** Each entry has so many further whole numbers at most behind those, not negative: for sketches. Left out: none. */
  readonly listMax?: number
}

/**
 * State that a kind keeps for itself, when counters, windows, recencies and maps do not say what it needs. A layout gives it
 * a fixed place; folds call it for the types it names and for no others.
 */
export interface OwnSlot {
  /** The kind and every setting that decides what the numbers mean: part of the layout id. Equal ones share. */
  readonly spec: Readonly<Record<string, unknown>> & { readonly kind: string }
  readonly numbers: readonly OwnNumber[]
  /** Numbers per key, for at most so many keys. */
  readonly entries: OwnEntries | null
  /** Users only: nothing is looked up when an item is folded. */
  readonly lookup: Lookup | null
  /** Whether its folds need the interaction's value. */
  readonly takesValue?: boolean
  /** Whether its folds need the hash of the item's id. */
  readonly takesItem?: boolean
  readonly carries?: CarriedItems
  /** Its numbers are stored without the trailing zeros: for tables that fill up. */
  readonly trimmed?: boolean
  /** By interaction type. */
  readonly folds: ReadonlyMap<string, OwnFold>
}

/** An own slot that a type touches, compiled. */
export interface OwnTouch {
  readonly fold: OwnFold
  readonly at: number
  /** Among the state's maps, -1 none. */
  readonly entries: number
  /** Among the layout's lookups, -1 none. */
  readonly lookup: number
}

/** Of an entity without interactions. */
export const blankOf = (numbers: readonly OwnNumber[]): number[] =>
  doubles(numbers.map(({ stored }) => (stored === 'moment' ? -1 : 0)))

/** All of a slot that decides what the bytes mean. */
export const storedOf = ({ spec, numbers, entries, lookup, folds }: OwnSlot) => ({
  spec,
  numbers,
  entries,
  lookup,
  types: [...folds.keys()].sort(),
})

/** The key's entry, made if it is new, moved to the end; the least recently updated makes room. */
export function touchEntry(
  entries: MapEntry[],
  key: string,
  blank: readonly number[],
  valuesMax: number,
): MapEntry {
  const found = entries.findIndex((entry) => entry.key === key)
  const entry = found >= 0 ? entries.splice(found, 1)[0]! : newEntry(key, blank)
  if (entries.length >= valuesMax) entries.shift()
  entries.push(entry)
  return entry
}
