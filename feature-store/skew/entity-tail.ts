import { countUpTo } from '../replay/up-to-offset.ts'
import { decodeState, encodeState } from '../state/blob.ts'
import { EntityState } from '../state/entity-state.ts'
import { renewExpired } from '../state/expiry.ts'
import { fold } from '../state/fold.ts'
import type { StateLayout } from '../state/layout.ts'
import type { Details } from '../state/own-slot.ts'
import { rememberId } from '../state/recent-ids.ts'

/** One interaction, as it happened to a user, an item, or a partition of the feed. */
export interface TailEntry {
  type: string
  itemId: string
  occurredAtMs: number
  /** In the entity's own partition; copies of one bundle share it. */
  offset: number
  brokerTimeMs: number
  /** Of users: of the interaction's id. */
  idHash?: number
  details?: Details | undefined
  /** What the fold looks up of the item; undefined: nobody has looked yet. */
  keys?: readonly (string | null)[]
  /** A tombstone: what comes later begins anew. The rest of it says nothing. */
  isErased?: true
}

/** What a state was at an offset; `too_old`: before what is kept; `not_ready`: its beginning is not known yet. */
export type TailState = EntityState | null | 'too_old' | 'not_ready'

/**
 * The last entries of an entity and the state before them: what it was at any offset of the last minute, in the memory of
 * that minute. States at rising offsets cost one fold per entry.
 */
export interface EntityTail {
  add(entry: TailEntry): void
  /** Its state up to an offset was read elsewhere (null: there was none): entries before it are in there. */
  begin(blob: Buffer | null, nextOffset: number): void
  /** Whether its beginning is known. */
  readonly hasBegun: boolean
  /** Entries up to this offset that still have to look something up. */
  unresolved(offset: number): TailEntry[]
  /** To be read before the next question, which may change it. */
  stateAt(offset: number): TailState
  /** What it was is not known any more: `begin` will tell. */
  forget(): void
  /** Folds entries from before this broker time into the beginning, those that have looked up what they need. */
  trim(beforeMs: number): void
  readonly length: number
}

/** Fewer are not worth a new beginning. */
const TRIM_MIN = 16

/**
 * @param isBlank true: nothing happened before the first entry; false: `begin` will tell
 * @param looksUp whether folds of a type look something up
 */
export function createEntityTail(
  layout: StateLayout,
  isBlank: boolean,
  { entriesMax, looksUp = () => false }: { entriesMax: number; looksUp?: (type: string) => boolean },
): EntityTail {
  let entries: TailEntry[] = []
  let base: Buffer | null = null
  /** Offset of the last entry in the beginning, -1 none. */
  let baseOffset = -1
  let hasBegun = isBlank
  /** The state after so many entries, moved on from question to question. */
  let cursor: { state: EntityState; count: number } | null = null

  const blank = () => (base === null ? new EntityState(layout) : decodeState(layout, base))
  const isOpen = ({ type, keys, isErased }: TailEntry) =>
    keys === undefined && isErased !== true && looksUp(type)

  function stateAfter(count: number): EntityState {
    if (cursor === null || cursor.count > count) cursor = { state: blank(), count: 0 }
    const { state } = cursor
    for (; cursor.count < count; cursor.count++) foldEntry(layout, state, entries[cursor.count]!)
    return state
  }

  const forget = () => void ([entries, cursor, hasBegun] = [[], null, false])

  function rebase(count: number): void {
    const state = stateAfter(count)
    base = state.applied === 0 ? null : encodeState(layout, state)
    baseOffset = state.lastOffset
    entries = entries.slice(count)
    cursor = null
  }

  return {
    get length() {
      return entries.length
    },
    get hasBegun() {
      return hasBegun
    },
    add(entry) {
      entries.push(entry)
      if (entries.length <= entriesMax) return
      // What cannot be folded any more is as if it had never been known.
      const count = hasBegun ? foldable(entries, isOpen, entriesMax >> 1) : 0
      if (count > 0) return rebase(count)
      forget()
    },
    forget,
    begin(blob, nextOffset) {
      base = blob
      baseOffset = blob === null ? -1 : decodeState(layout, blob).lastOffset
      entries = entries.filter(({ offset }) => offset >= nextOffset)
      cursor = null
      hasBegun = true
    },
    unresolved: (offset) => entries.filter((entry) => entry.offset <= offset && isOpen(entry)),
    stateAt(offset) {
      if (!hasBegun) return 'not_ready'
      if (offset < 0) return null
      if (offset < baseOffset) return 'too_old'
      const count = countUpTo(entries, offset)
      if (foldable(entries, isOpen, count) < count) return 'not_ready'
      const state = stateAfter(count)
      return state.applied === 0 ? null : state
    },
    trim(beforeMs) {
      if (!hasBegun) return
      const young = entries.findIndex(({ brokerTimeMs }) => brokerTimeMs >= beforeMs)
      let count = foldable(entries, isOpen, young < 0 ? entries.length : young)
      // Copies of one bundle share an offset: they stay together.
      while (count > 0 && count < entries.length && entries[count - 1]!.offset === entries[count]!.offset)
        count--
      if (count >= TRIM_MIN) rebase(count)
    },
  }
}

/** As the live stages fold it. */
function foldEntry(
  layout: StateLayout,
  state: EntityState,
  { type, occurredAtMs, offset, idHash, keys, details, isErased }: TailEntry,
): void {
  if (isErased === true) return state.reset(layout)
  renewExpired(layout, state, occurredAtMs)
  if (idHash !== undefined && !rememberId(state, idHash, layout.recentIdsMax)) return
  fold(layout, state, type, occurredAtMs, offset, keys, details)
}

/** How many of the first `count` can be folded: up to the one that still has to look something up. */
function foldable(
  entries: readonly TailEntry[],
  isOpen: (entry: TailEntry) => boolean,
  count: number,
): number {
  const open = entries.findIndex(isOpen)
  return open < 0 ? count : Math.min(open, count)
}
