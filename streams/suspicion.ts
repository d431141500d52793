import type { StreamsLimits } from './config.ts'
import type { CrashMarker, Hand, OffsetRange } from './crash-marker.ts'
import type { RawBatch } from './raw-record.ts'

/** Which records a partition's run before may have died of. */
export interface Suspicion {
  /** Comes in chunks, each announced. */
  watch: OffsetRange | null
  /** Comes one record at a time. */
  alone: OffsetRange | null
  /** Was alone at hand in so many deaths. */
  suspect: { offset: number; deaths: number } | null
}

/** What the marker of the run before makes of the partition. */
export function suspicionOf(
  found: CrashMarker | null,
  position: number,
  by: string,
  limits: Pick<StreamsLimits, 'crashLoopWatchRecords' | 'crashLoopChunkRecords'>,
): Suspicion {
  if (found === null || found.by === null) return { watch: null, alone: null, suspect: null }
  const died = found.by !== by
  // The fence may have moved past what was at hand: it was done, and something else killed.
  const hand = found.hand !== null && found.hand.until > position ? found.hand : null
  if (hand === null) {
    const until = Math.max(found.read, position) + limits.crashLoopWatchRecords
    const watch = died ? { from: found.read, until: Math.max(until, found.watch?.until ?? 0) } : found.watch
    return { watch, alone: null, suspect: null }
  }
  const watch = { from: hand.from, until: Math.max(hand.until, found.watch?.until ?? 0) }
  const { from, until, aloneDeaths } = hand
  if (aloneDeaths !== null)
    return { watch, alone: { from, until }, suspect: { offset: from, deaths: aloneDeaths + (died ? 1 : 0) } }
  const alone = until - from <= limits.crashLoopChunkRecords ? { from, until } : null
  return { watch, alone, suspect: null }
}

/** What passed is cleared. */
export function clearedBefore({ watch, alone, suspect }: Suspicion, nextOffset: number): Suspicion {
  return {
    watch: watch !== null && watch.until <= nextOffset ? null : watch,
    alone: alone !== null && alone.until <= nextOffset ? null : alone,
    suspect: suspect !== null && suspect.offset < nextOffset ? null : suspect,
  }
}

/** Where the next suspected range begins; Infinity: none does. */
export const nextSuspectAfter = ({ watch, alone }: Suspicion, offset: number): number =>
  Math.min(...[watch, alone].flatMap((range) => (range !== null && range.from > offset ? [range.from] : [])))

export const within = (range: OffsetRange | null, offset: number): boolean =>
  range !== null && offset >= range.from && offset < range.until

/** A batch as the marker tells of it. */
export function handOf({ records, nextOffset }: RawBatch, suspect: Suspicion['suspect']): Hand {
  const from = records[0]!.offset
  const aloneDeaths = records.length > 1 ? null : suspect?.offset === from ? suspect.deaths : 0
  return { from, until: nextOffset, aloneDeaths }
}
