import { zoneOffsetMs } from '../vectors/zone-offset.ts'

/**
 * The moment at which the zone's clocks show this time, given as if it were UTC. Of two such moments (clocks set back) the
 * first; where clocks are set forward, the time that would have been without.
 */
export function utcOf(localMs: number, timeZone: string): number {
  if (timeZone === 'UTC' || !Number.isFinite(localMs)) return localMs
  const before = zoneOffsetMs(timeZone, localMs - 86_400_000)
  const candidate = localMs - before
  if (zoneOffsetMs(timeZone, candidate) === before) return candidate
  const after = localMs - zoneOffsetMs(timeZone, candidate)
  return zoneOffsetMs(timeZone, after) === localMs - after ? after : candidate
}
