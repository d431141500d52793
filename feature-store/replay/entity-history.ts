import { countUpTo } from './up-to-offset.ts'
import { decodeState, encodeState } from '../state/blob.ts'
import type { Activity } from '../state/activity.ts'
import { EntityState } from '../state/entity-state.ts'
import { renewExpired } from '../state/expiry.ts'
import { fold } from '../state/fold.ts'
import type { StateLayout } from '../state/layout.ts'
import type { Details } from '../state/own-slot.ts'
import { rememberId } from '../state/recent-ids.ts'

export interface HistoryEntry {
  type: string
  itemId: string
  occurredAtMs: number
  /** In the entity's own partition; copies of one bundle share it. */
  offset: number
  /** Of users: of the interaction's id. */
  idHash?: number
  /** What it told beside type and time, if anything. */
  details?: Details | undefined
}

/** Everything that happened to one user or item, and its state as of any offset. */
export interface EntityHistory {
  /** Entries since it was erased last, or had not been heard of for too long. */
  readonly length: number
  /**
   * false: its id is among the last ones, so it was folded before.
   *
   * @param activity of its partition, which is told of it; left out: nobody has to make room
   */
  add(entry: HistoryEntry, activity?: Activity): boolean
  /** A tombstone: what comes later begins anew. */
  erase(offset: number): void
  /** The state after every entry up to and including this offset; null before the first, and when it was just erased. A copy. */
  stateAt(offset: number): EntityState | null
}

/** With the horizon of its partition before it. */
type PlacedEntry = HistoryEntry & { horizonMs?: number }

const CHECKPOINT_EVERY = 64
const ERASED = Symbol('erased')

/** Folds again from the nearest checkpoint: a state costs at most 64 folds, wherever it is asked for. */
export function createEntityHistory(
  layout: StateLayout,
  keysOf: (entry: HistoryEntry) => readonly (string | null)[] | undefined,
): EntityHistory {
  const entries: (PlacedEntry | { [ERASED]: true; offset: number })[] = []
  let length = 0
  const { recentIdsMax, expiryMs } = layout
  let newestMs = -1
  /** What the newest state remembers. */
  const newest = new EntityState(layout)
  /** checkpoints[n]: the blob after n * CHECKPOINT_EVERY entries. */
  const checkpoints: Buffer[] = [encodeState(layout, new EntityState(layout))]

  function forget(): void {
    newest.reset(layout)
    length = 0
    newestMs = -1
  }

  function foldFrom(checkpoint: number, count: number): EntityState {
    const state = decodeState(layout, checkpoints[checkpoint]!)
    for (let i = checkpoint * CHECKPOINT_EVERY; i < count; i++) {
      const entry = entries[i]!
      if (ERASED in entry) {
        state.reset(layout)
        continue
      }
      const { type, occurredAtMs, offset, idHash, details, horizonMs } = entry
      renewExpired(layout, state, occurredAtMs, horizonMs)
      if (idHash !== undefined) rememberId(state, idHash, recentIdsMax)
      fold(layout, state, type, occurredAtMs, offset, keysOf(entry), details)
    }
    return state
  }

  return {
    get length() {
      return length
    },
    add(entry, activity) {
      const horizonMs = activity?.horizonMs ?? -1
      const isQuiet = expiryMs > 0 && entry.occurredAtMs - newestMs > expiryMs
      if (newestMs >= 0 && (isQuiet || newestMs < horizonMs)) forget()
      if (entry.idHash !== undefined && !rememberId(newest, entry.idHash, recentIdsMax)) return false
      entries.push(horizonMs < 0 ? entry : { ...entry, horizonMs })
      length += 1
      const beforeMs = newestMs
      newestMs = Math.max(newestMs, entry.occurredAtMs)
      activity?.moved(beforeMs, newestMs)
      return true
    },
    erase(offset) {
      entries.push({ [ERASED]: true, offset })
      forget()
    },
    stateAt(offset) {
      const count = countUpTo(entries, offset)
      if (count === 0) return null
      const checkpoint = Math.floor(count / CHECKPOINT_EVERY)
      while (checkpoints.length <= checkpoint) {
        const last = checkpoints.length - 1
        checkpoints.push(encodeState(layout, foldFrom(last, (last + 1) * CHECKPOINT_EVERY)))
      }
      const state = foldFrom(checkpoint, count)
      return state.applied === 0 ? null : state
    },
  }
}
