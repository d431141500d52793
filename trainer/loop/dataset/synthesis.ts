import { z } from 'zod'
import { simulatorConfigSchema, type SimulatorConfig } from '#streams'

const DAY_MINUTES = 1_440
/** So many items follow one another in a place of the feed. */
const LIVES = 4
const CANDIDATES_MAX = 20
const SHOWN_MAX = 10

export const synthesisSchema = z.strictObject({
  users: z.int().min(2).max(1_000_000).default(1_000).describe('people'),
  items: z.int().min(16).max(100_000).default(500).describe('items that are published in all'),
  days: z.int().min(1).max(365).default(14).describe('days in which people ask for rankings'),
  impressions: z
    .int()
    .min(1_000)
    .max(100_000_000)
    .default(100_000)
    .describe('about how many; people come by chance'),
  seed: z.string().min(1).default('1').describe('the same seed gives the same bytes'),
  start: z.iso.date().default('2026-01-01').describe('the first day, UTC'),
})
export type Synthesis = z.output<typeof synthesisSchema>

/** A label counts when it comes within so long after the showing. */
export const LABEL_HORIZON_HOURS = 24

/**
 * The simulated feed, slow enough for days: items live for days, likes come hours late, one in twenty looks is a click.
 * Price plays no part: what is hidden of an item's quality shows in its author and hashtags (item-facts.ts).
 */
export function simulatorOf({ users, items, days, impressions }: Synthesis): SimulatorConfig {
  const liveItemsMax = Math.ceil(items / LIVES)
  const candidates = Math.min(CANDIDATES_MAX, liveItemsMax)
  const shown = Math.min(SHOWN_MAX, candidates)
  return simulatorConfigSchema.parse({
    usersMax: users,
    itemsMax: items,
    liveItemsMax,
    candidates,
    shown,
    requestsPerMinute: impressions / shown / (days * DAY_MINUTES),
    historyMinutes: DAY_MINUTES,
    shownAfterMinutes: 10,
    // The longest lives of all but the last item of a place must fit into the time.
    itemLifeMinutes: ((days + 1) * DAY_MINUTES) / (1.5 * (LIVES - 1)) - 20,
    baseLogit: -2.7,
    tasteSpread: 0.9,
    priceWeight: 0,
    qualitySpread: 0.6,
    positionExponent: 0.5,
    clickSecondsMedian: 15,
    likeMinutesMedian: 90,
  })
}
