import { z } from 'zod'

/** Offsets `from` to before `until`. */
export interface OffsetRange {
  from: number
  until: number
}

/** Records that were with the stage when the marker was written. */
export interface Hand extends OffsetRange {
  /** Deaths of the process with exactly this record alone at hand, before this one; null: several records. */
  aloneDeaths: number | null
}

/**
 * What a stage writes beside a committed offset, as its metadata, so that whoever opens the partition next can
 * tell how the run before ended.
 */
export interface CrashMarker {
  /** The run of the stage that has the partition open; null: it closed it in order. */
  by: string | null
  /** First offset that was not read. Differs from the committed one where a stage commits less than it read. */
  read: number
  /** Small batches there, because of a death. */
  watch: OffsetRange | null
  hand: Hand | null
  /** Offsets that were given up and may be read again: those not yet behind the committed offset. */
  gone: readonly number[]
  /** Records given up since the last one that passed. */
  goneInARow: number
}

/** A broker takes 4,096 bytes of metadata (offset.metadata.max.bytes): 100 offsets of 16 digits leave room. */
export const GONE_MAX = 100

const range = z.tuple([z.int(), z.int()])
const written = z.object({
  v: z.literal(1),
  by: z.string().optional(),
  read: z.int(),
  watch: range.optional(),
  hand: range.optional(),
  alone: z.int().optional(),
  gone: z.array(z.int()).max(GONE_MAX).optional(),
  row: z.int().optional(),
})

export function formatMarker({ by, read, watch, hand, gone, goneInARow }: CrashMarker): string {
  const fields: z.input<typeof written> = { v: 1, read }
  if (by !== null) fields.by = by
  if (watch !== null) fields.watch = [watch.from, watch.until]
  if (hand !== null) fields.hand = [hand.from, hand.until]
  if (hand !== null && hand.aloneDeaths !== null) fields.alone = hand.aloneDeaths
  if (gone.length > 0) fields.gone = [...gone]
  if (goneInARow > 0) fields.row = goneInARow
  return JSON.stringify(fields)
}

/** null for everything that is not ours: nothing is known then. */
export function parseMarker(metadata: string | null): CrashMarker | null {
  const parsed = written.safeParse(jsonOf(metadata ?? ''))
  if (!parsed.success) return null
  const { by = null, read, watch, hand, alone = null, gone = [], row = 0 } = parsed.data
  return {
    by,
    read,
    watch: watch === undefined ? null : { from: watch[0], until: watch[1] },
    hand: hand === undefined ? null : { from: hand[0], until: hand[1], aloneDeaths: alone },
    gone,
    goneInARow: row,
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // foreign metadata, or none
  }
}
