import type { Tiling } from '../../state/tile-entries.ts'
import type { DefinitionCheck } from './feature-kind.ts'
import { minutes } from './settings.ts'

/** How windows are cut into tiles: the last minutes are exact, the far end moves on by a tile at a time. */

export const TILES_MAX = 60
const MINUTE_MS = 60_000

export const tiled = {
  windowMinutes: minutes('window'),
  bucketMinutes: minutes(`bucket; the window is a whole number of buckets, at most ${String(TILES_MAX)}`),
}

/** The same where a window may be left out: then everything counts for ever. */
export const maybeTiled = {
  windowMinutes: tiled.windowMinutes.optional(),
  bucketMinutes: tiled.bucketMinutes.optional(),
}

interface MaybeTiled {
  readonly windowMinutes?: number | undefined
  readonly bucketMinutes?: number | undefined
}

export function tilesOf({ windowMinutes, bucketMinutes }: MaybeTiled): Tiling {
  if (windowMinutes === undefined || bucketMinutes === undefined) return { tileMs: Infinity, count: 1 }
  return { tileMs: bucketMinutes * MINUTE_MS, count: Math.round(windowMinutes / bucketMinutes) }
}

export const tileWords = ({ windowMinutes }: MaybeTiled): string =>
  windowMinutes === undefined ? 'ever' : `last_${String(windowMinutes)}m`

export function tileMistakes(
  { windowMinutes, bucketMinutes }: MaybeTiled,
  { mistake }: Pick<DefinitionCheck, 'mistake'>,
): void {
  if ((windowMinutes === undefined) !== (bucketMinutes === undefined)) {
    mistake('bucketMinutes', 'windowMinutes and bucketMinutes belong together: give both, or neither')
    return
  }
  if (windowMinutes === undefined || bucketMinutes === undefined) return
  const count = windowMinutes / bucketMinutes
  if (Number.isInteger(count) && count <= TILES_MAX) return
  const wanted = `must divide windowMinutes (${String(windowMinutes)}) into 1-${String(TILES_MAX)} buckets`
  mistake('bucketMinutes', wanted)
}
