import {
  affinity,
  age,
  attribute,
  calendar,
  contextAttribute,
  decayedCount,
  lastOutcome,
  listLength,
  recency,
  recentRate,
  relative,
  smoothedRate,
  windowedCount,
  type FeatureDefinition,
} from '#feature-store'
import type { ColumnFacts } from './table-facts.ts'

const HOUR = 60
const DAY = 24 * HOUR
/** More than so many texts are hashed to so many columns. */
const ONE_HOT_MAX = 32
const HASHED_COLUMNS = 32

/** An attribute with what is known of its values. */
export interface DescribedAttribute {
  readonly name: string
  readonly facts: ColumnFacts
}

/** What a generic set of features is made for. */
export interface FeatureSubject {
  /** Types that count as success, and as trial. */
  readonly of: readonly string[]
  readonly per: readonly string[]
  /** Successes per trial before anything is known. */
  readonly prior: number
  /** What came of things long ago, told without having been shown: a liking, and no trial. */
  readonly past?: readonly string[]
  /** Whether requests have many candidates. */
  readonly lists: boolean
  readonly timeZone?: string
}

/** Live features of a user: rates over all time and of late, what came last, how much and how long ago. */
export function userFeatures({ of, per, prior }: FeatureSubject): FeatureDefinition[] {
  const rate = { entity: 'user' as const, of: [...of], per: [...per], prior }
  return [
    smoothedRate({ ...rate, strength: 10 }),
    smoothedRate({ ...rate, strength: 10, halfLifeMinutes: DAY }),
    recentRate({ ...rate, strength: 1, trials: 5 }),
    recentRate({ ...rate, strength: 2, trials: 30 }),
    lastOutcome({ entity: 'user', of: [...of], per: [...per] }),
    decayedCount({ entity: 'user', of: [...per] }),
    decayedCount({ entity: 'user', of: [...per], halfLifeMinutes: DAY }),
    recency({ entity: 'user', of: [...per] }),
    recency({ entity: 'user', of: [...of] }),
  ]
}

/** Live features of an item: rates and counts at several half-lives, age, and its place among the candidates. */
export function itemFeatures({ of, per, prior, lists }: FeatureSubject): FeatureDefinition[] {
  const rate = { entity: 'item' as const, of: [...of], per: [...per], prior, strength: 20 }
  const ever = { ...rate, name: 'item_rate_ever' }
  const day = { ...rate, name: 'item_rate_1d', halfLifeMinutes: DAY }
  const hours = { ...rate, name: 'item_rate_3h', halfLifeMinutes: 3 * HOUR }
  const shown = { entity: 'item' as const, of: [...per], halfLifeMinutes: 3 * HOUR, name: 'item_shown_3h' }
  const inLists = [ever, day, hours, shown].map(({ name }) => relative({ to: name }))
  return [
    smoothedRate(ever),
    smoothedRate(day),
    smoothedRate(hours),
    decayedCount({ entity: 'item', of: [...per] }),
    decayedCount({ entity: 'item', of: [...of] }),
    decayedCount(shown),
    windowedCount({ entity: 'item', of: [...of], windowMinutes: 2 * HOUR, bucketMinutes: 30 }),
    recency({ entity: 'item', of: [...of] }),
    age({ entity: 'item', name: 'item_age' }),
    ...(lists ? [listLength({}), ...inLists, relative({ to: 'item_age' })] : []),
  ]
}

/** How this user likes what the candidate is about, for each of its texts. */
export function affinities(
  { of, per, prior, past = [], lists }: FeatureSubject,
  attributes: readonly string[],
): FeatureDefinition[] {
  return attributes.flatMap((by) => {
    const name = `user_affinity_${by}`
    const liked = {
      by,
      name,
      of: [...of, ...past],
      per: [...per, ...past],
      prior,
      strength: 5,
      valuesMax: 64,
    }
    return [affinity(liked), ...(lists ? [relative({ to: name })] : [])]
  })
}

/** Hour and day of the week. */
export function times({ timeZone = 'UTC' }: Pick<FeatureSubject, 'timeZone'>): FeatureDefinition[] {
  return [calendar({ of: 'hourOfDay', timeZone }), calendar({ of: 'dayOfWeek', timeZone })]
}

/** An attribute as columns: numbers in standard deviations, few texts a column each, many hashed. */
export function attributeFeature(
  from: 'user' | 'item' | 'context',
  { name, facts }: DescribedAttribute,
): FeatureDefinition {
  const options = { attribute: name, ...shapeOf(facts) }
  return from === 'context' ? contextAttribute(options) : attribute({ entity: from, ...options })
}

function shapeOf(facts: ColumnFacts) {
  if (facts.kind === 'number')
    return { as: 'number' as const, scale: { subtract: facts.mean, divide: facts.deviation } }
  const fit = facts.values.filter((value) => value.length <= 64)
  return facts.values.length <= ONE_HOT_MAX && fit.length > 0
    ? { as: { oneHot: fit } }
    : { as: { hashed: HASHED_COLUMNS } }
}
