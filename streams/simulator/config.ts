import { z } from 'zod'

export const INJECTION_KINDS = ['concept', 'data', 'upstream', 'lag'] as const
export type InjectionKind = (typeof INJECTION_KINDS)[number]

/** A fault or a turn of the world, at a moment of feed time counted from the start of the feed. */
export const injectionSchema = z.strictObject({
  kind: z.enum(INJECTION_KINDS),
  /** Feed time after the start, minutes. */
  atMinutes: z.number().min(0),
  /** How long `lag` holds interactions back, feed minutes; the others stay. */
  forMinutes: z.number().positive().default(10),
})
export type Injection = z.infer<typeof injectionSchema>

const sizes = {
  usersMax: z.int().min(1).max(1_000_000).default(300).describe('people'),
  liveItemsMax: z.int().min(2).max(100_000).default(200).describe('items alive at a time'),
  itemsMax: z
    .int()
    .min(2)
    .optional()
    .describe('items in all; the last ones stay. Left out: whatever dies is followed by another'),
  categories: z.int().min(2).max(64).default(8).describe('c0, c1, ...; a flood brings one more'),
  segments: z.int().min(1).max(64).default(4).describe('groups of people with similar tastes: s0, s1, ...'),
  candidates: z.int().min(1).max(1_000).default(20).describe('per rank request'),
  shown: z.int().min(1).max(100).default(10).describe('the top of the ranking that people see'),
}

const traffic = {
  requestsPerMinute: z.number().positive().default(60).describe('feed time, daily mean'),
  rhythm: z.number().min(0).max(0.9).default(0.25).describe('daily swing of traffic, share of the mean'),
  mood: z.number().min(0).max(2).default(0.1).describe('daily swing of the readiness to click, log-odds'),
  historyMinutes: z
    .number()
    .min(0)
    .max(10_000)
    .default(180)
    .describe('feed time before the start, told at once'),
  shownAfterMinutes: z
    .number()
    .min(0)
    .default(2)
    .describe('an item is published this long before anyone can see it'),
  itemLifeMinutes: z
    .number()
    .positive()
    .default(20)
    .describe('mean; an item lives half to one and a half of it'),
  popularityExponent: z.number().min(0).max(3).default(0.5).describe('Zipf, over items and over people'),
}

const tastes = {
  baseLogit: z.number().default(-2.6).describe('log-odds of a click on an average item that is looked at'),
  appealSpread: z.number().min(0).default(0.65).describe('how far categories differ for everyone, log-odds'),
  tasteSpread: z.number().min(0).default(0.5).describe('how far people differ about a category, log-odds'),
  priceWeight: z.number().min(0).default(1.2).describe('cheapest against dearest is twice this, log-odds'),
  qualitySpread: z.number().min(0).default(0.25).describe('what no attribute tells of an item, log-odds'),
  positionExponent: z.number().min(0).default(0.35).describe('a rank r is looked at with (r + 1) ^ -this'),
}

const outcomes = {
  clickSecondsMedian: z.number().positive().default(8),
  likeMinutesMedian: z.number().positive().default(2),
  likeShare: z.number().min(0).max(1).default(0.2).describe('of clicks'),
  hideShare: z.number().min(0).max(1).default(0.01).describe('of looks that were no click'),
}

/** The simulated feed. Everything is feed time; `parse({})` is the feed of the demo. */
export const simulatorConfigSchema = z
  .strictObject({
    ...sizes,
    ...traffic,
    ...tastes,
    ...outcomes,
    injections: z.array(injectionSchema).max(100).default([]),
  })
  .refine((config) => config.shown <= config.candidates, 'shown must not exceed candidates')
  .refine((config) => config.candidates <= config.liveItemsMax, 'candidates must not exceed liveItemsMax')
export type SimulatorConfig = z.infer<typeof simulatorConfigSchema>
