import type { FeatureDefinition } from './definitions.ts'
import {
  affinity,
  age,
  attribute,
  calendar,
  coEngagement,
  contextAttribute,
  countSince,
  cross,
  decayedCount,
  interactionValue,
  lastOutcome,
  listLength,
  recency,
  recentRate,
  relative,
  smoothedRate,
  windowedCount,
} from './kinds/index.ts'

const HOUR = 60
const DAY = 24 * HOUR
/** More than so many texts are hashed to so many columns. */
const ONE_HOT_MAX = 32
const HASHED_COLUMNS = 32
const VALUE_LETTERS_MAX = 64
/** Of a normal distribution a quarter lies below its mean less so many deviations. */
const QUARTILE_DEVIATIONS = 0.67

/** What is known of an attribute: the scale of its numbers, or its texts as far as they are known. */
export type AttributeFacts =
  | { readonly kind: 'number'; readonly mean: number; readonly deviation: number }
  | { readonly kind: 'text' | 'texts'; readonly values?: readonly string[] }

type Facts = Readonly<Record<string, AttributeFacts>>

export interface GenericFeaturesOptions {
  /** Interaction types that count as success, and as trial. */
  readonly of: readonly string[]
  readonly per: readonly string[]
  /** What came of things long ago, told without having been shown: a liking, and no trial. */
  readonly past?: readonly string[]
  /** Successes per trial before anything is known; left out: the feed's own rate. */
  readonly prior?: number
  /** What a trial was worth (dwell seconds, rating), where interactions tell it. */
  readonly value?: { readonly of: string; readonly mean: number; readonly deviation: number }
  /** `lists`: requests have several candidates. `none`: there is one thing only, or items tell nothing. */
  readonly items?: 'lists' | 'alone' | 'none'
  /** For hour and day of the week; null: times are not those of people. */
  readonly timeZone?: string | null
  /** Attributes that features are made of, with what is known of them. */
  readonly attributes?: { readonly user?: Facts; readonly item?: Facts; readonly context?: Facts }
}

/**
 * A set of features for any feed, tuned to none: rates, counts and times of users and items at several half-lives, what
 * came last, what a user likes, a candidate's place among the others, hour and day, and attributes as columns.
 *
 * @example
 * genericFeatures({ of: ['click'], per: ['view'], attributes: { item: { category: { kind: 'text' } } } })
 */
export function genericFeatures(options: GenericFeaturesOptions): FeatureDefinition[] {
  const {
    items = 'lists',
    timeZone = 'UTC',
    attributes: { user = {}, item = {}, context = {} } = {},
  } = options
  return [
    ...userFeatures(options),
    ...(items === 'none' ? [] : itemFeatures(options)),
    ...values(options),
    ...tastes(options, item),
    ...(timeZone === null ? [] : times(timeZone)),
    ...columnsOf('user', user),
    ...columnsOf('item', item),
    ...columnsOf('context', context),
  ]
}

const rateOf = ({ of, per, prior }: GenericFeaturesOptions) => ({
  of: [...of],
  per: [...per],
  ...(prior === undefined ? {} : { prior }),
})

/** Rates over all time and of late, what came last, how much and how long ago. */
function userFeatures(options: GenericFeaturesOptions): FeatureDefinition[] {
  const entity = 'user' as const
  const rate = { entity, ...rateOf(options) }
  const { of, per } = rate
  const liked = [...of, ...(options.past ?? [])]
  return [
    smoothedRate({ ...rate, strength: 10 }),
    smoothedRate({ ...rate, strength: 10, halfLifeMinutes: DAY }),
    recentRate({ ...rate, strength: 1, trials: 5 }),
    recentRate({ ...rate, strength: 2, trials: 30 }),
    lastOutcome({ entity, of, per }),
    countSince({ entity, of: per, since: of }),
    decayedCount({ entity, of: per }),
    decayedCount({ entity, of: liked }),
    decayedCount({ entity, of: per, halfLifeMinutes: DAY }),
    windowedCount({ entity, of: per, windowMinutes: HOUR / 2, bucketMinutes: 5 }),
    recency({ entity, of: per }),
    recency({ entity, of }),
  ]
}

/** Rates and counts at several half-lives, age, and the place of all these among the candidates. */
function itemFeatures(options: GenericFeaturesOptions): FeatureDefinition[] {
  const entity = 'item' as const
  const rate = { entity, ...rateOf(options), strength: 20 }
  const { of, per } = rate
  const ever = { ...rate, name: 'item_rate_ever' }
  const day = { ...rate, name: 'item_rate_1d', halfLifeMinutes: DAY }
  const hours = { ...rate, name: 'item_rate_3h', halfLifeMinutes: 3 * HOUR }
  const shown = { entity, of: per, halfLifeMinutes: 3 * HOUR, name: 'item_shown_3h' }
  return [
    smoothedRate(ever),
    smoothedRate(day),
    smoothedRate(hours),
    decayedCount({ entity, of: per }),
    decayedCount({ entity, of: [...of, ...(options.past ?? [])] }),
    decayedCount(shown),
    windowedCount({ entity, of, windowMinutes: 2 * HOUR, bucketMinutes: 30 }),
    recency({ entity, of }),
    age({ entity, name: 'item_age' }),
    ...inLists(options, [ever.name, day.name, hours.name, shown.name, 'item_age']),
  ]
}

function inLists({ items = 'lists' }: GenericFeaturesOptions, names: readonly string[]): FeatureDefinition[] {
  const [first] = names
  if (items !== 'lists' || first === undefined) return []
  return names.map((to) => relative({ to }))
}

/** What showings came to: of a user and an item in the mean, of the user last. */
function values({ value, items = 'lists' }: GenericFeaturesOptions): FeatureDefinition[] {
  if (value === undefined) return []
  const { of, mean, deviation } = value
  const told = { of: [of], scale: { subtract: mean, divide: deviation } }
  const usual = { ...told, as: 'mean' as const, prior: mean, strength: 5 }
  return [
    interactionValue({ ...usual, entity: 'user' }),
    interactionValue({ ...told, entity: 'user', as: 'last' }),
    ...(items === 'none' ? [] : [interactionValue({ ...usual, entity: 'item' })]),
  ]
}

/** How this user likes what the candidate is about, for each of its texts and for numbers like its own; and what goes with it. */
function tastes(options: GenericFeaturesOptions, item: Facts): FeatureDefinition[] {
  const { of, per, ...prior } = rateOf(options)
  const { past = [], items = 'lists' } = options
  const rate = { of: [...of, ...past], per: [...per, ...past], ...prior, strength: 5 }
  const liked = Object.entries(item).map(([by, facts]) => {
    const name = `user_likes_${by}`
    if (facts.kind !== 'number') return affinity({ ...rate, by, name, valuesMax: 64 })
    const quarter = QUARTILE_DEVIATIONS * facts.deviation
    const bands = [facts.mean - quarter, facts.mean, facts.mean + quarter]
    return cross({ ...rate, by, name, bands, halfLifeMinutes: 30 * DAY, valuesMax: 4 })
  })
  const together =
    items === 'none' ? [] : [coEngagement({ of, per, ...prior, strength: 5, name: 'together' })]
  const found = [...liked, ...together]
  return [
    ...(items === 'lists' ? [listLength({})] : []),
    ...found,
    ...inLists(
      options,
      found.map(({ name }) => name!),
    ),
  ]
}

function times(timeZone: string): FeatureDefinition[] {
  return [calendar({ of: 'hourOfDay', timeZone }), calendar({ of: 'dayOfWeek', timeZone })]
}

/** Numbers in standard deviations, few texts a column each, many hashed. Texts of which nothing is known have none. */
function columnsOf(from: 'user' | 'item' | 'context', attributes: Facts): FeatureDefinition[] {
  return Object.entries(attributes).flatMap(([name, facts]) => {
    const shape = shapeOf(facts)
    if (shape === null) return []
    const options = { attribute: name, ...shape }
    return [from === 'context' ? contextAttribute(options) : attribute({ entity: from, ...options })]
  })
}

function shapeOf(facts: AttributeFacts) {
  if (facts.kind === 'number')
    return { as: 'number' as const, scale: { subtract: facts.mean, divide: facts.deviation } }
  const { values = [] } = facts
  if (values.length === 0) return null
  const fit = values.filter((value) => value.length <= VALUE_LETTERS_MAX)
  return values.length <= ONE_HOT_MAX && fit.length > 0
    ? { as: { oneHot: fit } }
    : { as: { hashed: HASHED_COLUMNS } }
}
