const formats = new Map<string, Intl.DateTimeFormat>()

/** How far the zone's clocks are ahead of UTC at a moment. @throws RangeError for a zone that is none */
function offsetMsAt(timeZone: string, atMs: number): number {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timeZone, format)
  }
  const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1_000) * 1_000
}

/**
 * The moment at which the zone's clocks show this time, given as if it were UTC. Of two such moments (clocks set back) the
 * first; where clocks are set forward, the time that would have been without.
 */
export function utcOf(localMs: number, timeZone: string): number {
  if (timeZone === 'UTC' || !Number.isFinite(localMs)) return localMs
  const before = offsetMsAt(timeZone, localMs - 86_400_000)
  const candidate = localMs - before
  if (offsetMsAt(timeZone, candidate) === before) return candidate
  const after = localMs - offsetMsAt(timeZone, candidate)
  return offsetMsAt(timeZone, after) === localMs - after ? after : candidate
}

/** Whether it is a name of the IANA list. */
export function isTimeZone(timeZone: string): boolean {
  try {
    offsetMsAt(timeZone, 0)
    return true
  } catch {
    return false
  }
}
