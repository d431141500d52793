import type { TrackingConfig } from './config.ts'
import type { ListedRun } from './run-folders.ts'

/** The oldest runs that must go so that the rest is within the bounds; the newest always stays. */
export function overBounds(
  listed: readonly ListedRun[],
  { waitingRunsMax, waitingBytesMax }: Pick<TrackingConfig, 'waitingRunsMax' | 'waitingBytesMax'>,
): ListedRun[] {
  let [runs, bytes] = [0, 0]
  const kept = new Set<ListedRun>()
  for (const run of [...listed].reverse()) {
    runs += 1
    bytes += run.bytes
    if (runs > 1 && (runs > waitingRunsMax || bytes > waitingBytesMax)) break
    kept.add(run)
  }
  return listed.filter((run) => !kept.has(run))
}
