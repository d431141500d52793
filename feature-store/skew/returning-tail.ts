import { lastHeardMs } from '../state/blob.ts'
import type { EntityTail } from './entity-tail.ts'

/** A tail that asks for its beginning again when its entity may have started as new. */
export interface ReturningTail extends EntityTail {
  /** First offset up to which the store must have come to tell its beginning; 0: any. */
  readonly beginsFrom: number
}

/** The horizon is looked at now and then, and may be so much further, in event time. */
const HORIZON_BEHIND_MS = 60_000

/**
 * Who makes room for others depends on all entities of a partition (state/activity.ts), and a mirror has some of them: it forgets whom
 * the horizon may have passed when they return, and the store tells what they are since.
 *
 * @param horizonMs of its partition, as last seen; -1 none
 */
export function returningTail(tail: EntityTail, horizonMs: () => number): ReturningTail {
  let beginsFrom = 0
  /** Event time, -1 none. */
  let newestMs = -1
  return {
    get length() {
      return tail.length
    },
    get hasBegun() {
      return tail.hasBegun
    },
    get beginsFrom() {
      return beginsFrom
    },
    add(entry) {
      const limitMs = horizonMs()
      if (newestMs >= 0 && limitMs >= 0 && newestMs < limitMs + HORIZON_BEHIND_MS) {
        tail.forget()
        beginsFrom = entry.offset + 1
      }
      newestMs = entry.isErased === true ? -1 : Math.max(newestMs, entry.occurredAtMs)
      tail.add(entry)
    },
    begin(blob, nextOffset) {
      const heardMs = blob === null ? Infinity : lastHeardMs(blob)
      if (Number.isFinite(heardMs)) newestMs = Math.max(newestMs, heardMs)
      tail.begin(blob, nextOffset)
    },
    forget: tail.forget,
    unresolved: tail.unresolved,
    stateAt: tail.stateAt,
    trim: tail.trim,
  }
}
