import { zoneOffsetMs } from './zone-offset.ts'

const MINUTE_MS = 60_000
/** Zones change their offset at quarters of an hour, so one offset holds for each quarter. */
const QUARTER_MS = 15 * MINUTE_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** 1 January 1970 was a Thursday. */
const THURSDAY = 3

export interface ZonedTime {
  /** 0 up to 24, with its fraction. */
  readonly hours: number
  /** 0 Monday to 6 Sunday. */
  readonly dayOfWeek: number
}

/** Hour and day of the week in a time zone of the IANA list. Keeps the offset of the quarter it was last asked for. */
export function zonedClock(timeZone: string): (atMs: number) => ZonedTime {
  let quarter = Number.NaN
  let offsetMs = 0

  return (atMs) => {
    const asked = Math.floor(atMs / QUARTER_MS)
    if (asked !== quarter) {
      quarter = asked
      offsetMs = zoneOffsetMs(timeZone, asked * QUARTER_MS)
    }
    const localMs = atMs + offsetMs
    const days = Math.floor(localMs / DAY_MS)
    return { hours: (localMs - days * DAY_MS) / HOUR_MS, dayOfWeek: (((days + THURSDAY) % 7) + 7) % 7 }
  }
}
