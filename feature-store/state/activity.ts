import { BlobCorruptError } from '../errors.ts'
import { ByteReader, createByteWriter } from './bytes.ts'
import { createStretches, type StoredStretches, STRETCHES_MAX } from './stretches.ts'

export interface ActivityBounds {
  /** Entities counted at once: beyond it those least recently active are over. */
  entitiesMax: number
  /** Event time without a word after which nobody is counted any more; 0: for ever. */
  keptMs: number
}

/**
 * How many entities of a partition were last active when, by event time. Once there are more than `entitiesMax`, those that
 * were active least recently are over: whoever was last heard of before `horizonMs` starts as new.
 *
 * A histogram of at most 256 stretches of event time: one ends when it holds a 128th of `entitiesMax`, two neighbours become
 * one when there are too many. So what goes at once is about a 128th, and the memory is the same for any number of
 * entities. It is moved record by record in the order of the log: whoever folds the same records finds the same horizon, wherever
 * batches were cut. Cost: a binary search per record.
 *
 * The stretches are an equi-depth histogram as in G. Piatetsky-Shapiro, C. Connell (1984), Accurate Estimation of the Number
 * of Tuples Satisfying a Condition, SIGMOD.
 *
 * @example
 * const activity = createActivity({ entitiesMax: 1_000, keptMs: 0 })
 * activity.moved(-1, 5_000) // somebody new, active at 5 s
 * activity.moved(5_000, 9_000) // the same one, at 9 s
 */
export interface Activity {
  /** Event time before which everybody is over, -1 none. Never goes back. */
  readonly horizonMs: number
  /** Counted now. */
  readonly entities: number
  /** Entities that went over `entitiesMax` since this object was made, those that came too late to be counted included. */
  readonly dropped: number
  /** @param beforeMs when the entity was last active until now, -1: it is new, or starts as new */
  moved(beforeMs: number, afterMs: number): void
  encode(): Buffer
}

/** Of `entitiesMax`, in one stretch. */
const DEPTH_SHARE = 1 / 128
/** Of `keptMs`, in one stretch. */
const SPAN_SHARE = 1 / 64
const FORMAT = 1

interface Stored extends StoredStretches {
  horizonMs: number
  newestMs: number
}

const NOTHING: Stored = { horizonMs: -1, newestMs: -1, froms: [], counts: [] }

export function createActivity(bounds: ActivityBounds, stored: Stored = NOTHING): Activity {
  const { entitiesMax, keptMs } = bounds
  const depth = Math.max(1, Math.floor(entitiesMax * DEPTH_SHARE))
  const spanMs = keptMs > 0 ? keptMs * SPAN_SHARE : Infinity
  const stretches = createStretches(stored)
  let { horizonMs, newestMs } = stored
  let entities = stored.counts.reduce((sum, count) => sum + count, 0)
  let dropped = 0

  /** Only behind all moments so far, so that everybody stays in the stretch where they were counted. */
  function begins(atMs: number): boolean {
    const last = stretches.last()
    if (last === null) return true
    return atMs > newestMs && (last.count >= depth || atMs - last.fromMs >= spanMs)
  }

  /** The oldest stretch is over. @returns how many were counted in it */
  function close(): number {
    const gone = stretches.close()
    horizonMs = Math.max(horizonMs, stretches.firstFromMs() ?? newestMs + 1)
    entities -= gone
    return gone
  }

  function add(atMs: number): void {
    if (atMs < horizonMs) {
      dropped += 1
      return
    }
    if (begins(atMs)) stretches.begin(atMs)
    stretches.add(stretches.of(atMs), 1)
    entities += 1
    newestMs = Math.max(newestMs, atMs)
    while (keptMs > 0 && (stretches.secondFromMs() ?? Infinity) <= newestMs - keptMs) close()
    while (entities > entitiesMax) dropped += close()
  }

  return {
    get horizonMs() {
      return horizonMs
    },
    get entities() {
      return entities
    },
    get dropped() {
      return dropped
    },
    moved(beforeMs, afterMs) {
      if (beforeMs >= 0 && beforeMs >= horizonMs && stretches.last() !== null) {
        if (afterMs === beforeMs) return
        const from = stretches.of(beforeMs)
        if (from === stretches.of(afterMs) && !begins(afterMs)) {
          newestMs = Math.max(newestMs, afterMs)
          return
        }
        entities += stretches.add(from, -1)
      }
      add(afterMs)
    },
    encode: () => encoded({ horizonMs, newestMs, ...stretches.stored() }),
  }
}

const writer = createByteWriter()

function encoded({ horizonMs, newestMs, froms, counts }: Stored): Buffer {
  writer.byte(FORMAT)
  writer.varint(horizonMs + 1)
  writer.varint(newestMs + 1)
  writer.varint(froms.length)
  for (const [n, fromMs] of froms.entries()) {
    writer.varint(fromMs - (froms[n - 1] ?? 0))
    writer.varint(counts[n]!)
  }
  return writer.take()
}

/** @throws BlobCorruptError */
export function decodeActivity(bounds: ActivityBounds, blob: Buffer): Activity {
  const reader = new ByteReader(blob)
  const format = reader.byte()
  if (format !== FORMAT) throw new BlobCorruptError(`activity of format ${String(format)}`)
  const [horizonMs, newestMs] = [reader.varint() - 1, reader.varint() - 1]
  const froms: number[] = []
  const counts: number[] = []
  const count = reader.varint()
  if (count > STRETCHES_MAX) throw new BlobCorruptError(`${String(count)} stretches of activity`)
  let fromMs = 0
  for (let n = 0; n < count; n++) {
    froms.push((fromMs += reader.varint()))
    counts.push(reader.varint())
  }
  reader.end()
  return createActivity(bounds, { horizonMs, newestMs, froms, counts })
}

/** Of states from before activity was kept. @param activeAtMs when each entity was last active */
export function activityOf(bounds: ActivityBounds, activeAtMs: readonly number[]): Activity {
  const activity = createActivity(bounds)
  for (const atMs of Float64Array.from(activeAtMs).sort()) activity.moved(-1, atMs)
  return activity
}
