import { z } from 'zod'
import { isTimeZone } from '../vectors/zone-offset.ts'
import { zonedClock } from '../vectors/zoned-clock.ts'
import { PLAIN } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { named } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('calendar'),
  ...named,
  of: z.enum(['hourOfDay', 'dayOfWeek']),
  timeZone: z
    .string()
    .default('UTC')
    .refine(isTimeZone, "is no time zone; use a name of the IANA list, as 'Europe/Berlin'")
    .describe("the feed's time zone, by its IANA name: never the machine's own"),
})

const HOURS = 24
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

/** The request's hour as a point on a circle (sine and cosine), or its day of the week, a column each. */
export const calendar = defineKind(schema, {
  meaning:
    "The request's hour as a point on a circle (sine and cosine), or its day of the week, a column each.",
  example: { of: 'hourOfDay' },
  units: ({ of }) => (of === 'hourOfDay' ? [PLAIN, PLAIN] : []),
  nameOf: ({ of }) => (of === 'hourOfDay' ? 'hour_of_day' : 'day_of_week'),
  uses: () => USES_NOTHING,
  mistakes: () => undefined,
  state: () => undefined,
  columns({ of, timeZone }) {
    const clock = zonedClock(timeZone)
    if (of === 'hourOfDay') {
      return {
        scope: 'request',
        suffixes: ['_sin', '_cos'],
        write({ user }, vector, _, at) {
          const angle = (clock(user.atMs).hours / HOURS) * 2 * Math.PI
          vector[at] = Math.sin(angle)
          vector[at + 1] = Math.cos(angle)
        },
      }
    }
    return {
      scope: 'request',
      suffixes: DAYS.map((day) => `=${day}`),
      write({ user }, vector, _, at) {
        vector[at + clock(user.atMs).dayOfWeek] = 1
      },
    }
  },
})
