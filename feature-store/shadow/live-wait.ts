/** How long interactions wait for the live service, as ends of the log and its committed offsets tell from look to look. */
export interface LiveWait {
  /**
   * @param ends per partition of interactions, the end of its log now
   * @param taken per partition, how far the live service is; null: it has told nothing
   * @returns since when the oldest interaction waits that it has not taken, ms; 0: it has all that was there at the last look
   */
  look(seen: { atMs: number; ends: readonly number[]; taken: readonly (number | null)[] }): number
}

interface Seen {
  end: number
  atMs: number
}

/** Of a partition that is far behind: what is older counts as that old. */
const SEEN_MAX = 600

/** To the step of the looks, from below: what came after the last look is not known to wait. */
export function createLiveWait(): LiveWait {
  /** Per partition, when the log was first seen to end there, oldest first; the first one is not taken yet. */
  const waiting: Seen[][] = []

  return {
    look({ atMs, ends, taken }) {
      let longestMs = 0
      for (const [partition, end] of ends.entries()) {
        const seen = (waiting[partition] ??= [])
        const until = taken[partition] ?? 0
        while (seen.length > 0 && seen[0]!.end <= until) seen.shift()
        const newest = seen.at(-1)?.end ?? until
        if (end > newest && seen.length < SEEN_MAX) seen.push({ end, atMs })
        if (seen.length > 0) longestMs = Math.max(longestMs, atMs - seen[0]!.atMs)
      }
      return longestMs
    },
  }
}
