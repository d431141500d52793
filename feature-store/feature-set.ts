import { attributesLayout, type AttributesLayout } from './attributes/attributes-layout.ts'
import { canonicalHash } from './canonical-hash.ts'
import type { FeatureStoreConfig } from './config.ts'
import type { BucketColumns, FeatureSet } from './contract.ts'
import { kindOf, nameOfDefinition, type ParsedDefinition } from './definitions.ts'
import { buildFeedRates, type FeedRate } from './state/feed-rates.ts'
import { buildLayout, type StateLayout } from './state/layout.ts'
import type { LayoutBuilders } from './kinds/parts/feature-kind.ts'
import { type NewestEvidence, reserveEvidence } from './origins.ts'
import type { ColumnGroup, Columns } from './vectors/columns.ts'
import { type MissingPolicy, withPolicy } from './vectors/missing-policy.ts'

/** Changes when the same definitions begin to mean other numbers. */
const VECTOR_FORMAT = 1
const DAY_MS = 86_400_000

/** A feature set with all that is needed to fold states and to compute vectors from them. */
export interface CompiledFeatureSet extends FeatureSet {
  readonly buckets: readonly BucketColumns[]
  readonly config: FeatureStoreConfig
  readonly layouts: {
    readonly user: StateLayout
    readonly item: StateLayout
    /** Of what a partition of interactions keeps of all its users; null: nothing. */
    readonly feed: StateLayout | null
    readonly userAttributes: AttributesLayout
    readonly itemAttributes: AttributesLayout
  }
  readonly feedRates: readonly FeedRate[]
  readonly groups: readonly ColumnGroup[]
  /** Whether a vector needs these blobs at all. */
  readonly reads: { userAttributes: boolean; itemAttributes: boolean }
}

/**
 * Compiles the configured definitions, in their order, to column names, state layouts and column writers.
 * The id is a hash of the definitions and the declared kinds of the attributes they use: equal ids, equal vectors.
 */
export function compileFeatureSet(config: FeatureStoreConfig): CompiledFeatureSet {
  const builders = { user: buildLayout('user'), item: buildLayout('item'), feed: buildFeedRates() }
  const reserved = config.features.map((definition) => ({
    name: nameOfDefinition(definition),
    ...kindOf(definition).reserve(definition, builders),
    policy: policyOf(definition),
    newestAt: reservedEvidence(definition, builders),
  }))
  const recentIdsMax = config.deduplicate.window
  const expiryMs = config.expiry.inactiveDays * DAY_MS
  const { rates: feedRates, layout: feed } = builders.feed.finish()
  const layouts = {
    user: { ...builders.user.finish(feed?.id), recentIdsMax, expiryMs },
    item: { ...builders.item.finish(), expiryMs },
    feed,
  }
  const used = attributesUsed(config)
  const fixed = [...new Set(layouts.user.lookups.map(({ attribute }) => attribute))].sort()
  const attributes = {
    user: attributesLayout('user', config.attributes.user, used.user, []),
    item: attributesLayout('item', config.attributes.item, used.item, fixed),
  }
  const groups: ColumnGroup[] = []
  const names: string[] = []
  const positions: number[] = []
  const places = new Map<string, number>()
  const required: number[] = []
  for (const { name, columns, policy, newestAt } of reserved) {
    const plain = columns(attributes, (feature) => places.get(feature)!)
    const held = policy === null ? plain : withPolicy(plain, policy, newestAt)
    const { suffixes, buckets, isPosition, ...writing } = held
    const at = names.length
    if (policy?.whenMissing === 'dropCandidate') required.push(at)
    places.set(name, at)
    if (isPosition === true) positions.push(at)
    const group = { ...writing, at, names: suffixes.map((suffix) => `${name}${suffix}`) }
    groups.push(buckets === undefined ? group : { ...group, buckets: bucketsFrom(at, buckets) })
    names.push(...group.names)
  }
  const readsFirstSight = (entity: 'user' | 'item') =>
    usesOf(config).some((uses) => uses.firstSeen === entity)
  return {
    id: featureSetId(config, used),
    names,
    width: names.length,
    positions,
    required,
    config,
    layouts: { ...layouts, userAttributes: attributes.user, itemAttributes: attributes.item },
    feedRates,
    groups,
    buckets: groups.flatMap(({ buckets }) => buckets ?? []),
    reads: {
      userAttributes: used.user.size > 0 || readsFirstSight('user'),
      itemAttributes: used.item.size > 0 || readsFirstSight('item'),
    },
  }
}

/** null: it says nothing of missing values, and its kind decides. */
function policyOf({ maxAgeMinutes, whenMissing, ...rest }: ParsedDefinition): MissingPolicy | null {
  if (maxAgeMinutes === undefined && whenMissing === undefined) return null
  const maxAgeMs = maxAgeMinutes === undefined ? Infinity : maxAgeMinutes * 60_000
  return { maxAgeMs, whenMissing: whenMissing ?? 'default', value: rest.default ?? 0 }
}

/** Nothing is stored for a definition without a policy: its layout stays what it was. */
const reservedEvidence = (definition: ParsedDefinition, builders: LayoutBuilders): NewestEvidence =>
  policyOf(definition) === null ? () => Infinity : reserveEvidence(definition, builders)

const bucketsFrom = (at: number, { columns, range }: NonNullable<Columns['buckets']>): BucketColumns => ({
  columns: Array.from({ length: columns }, (_, place) => at + place),
  range,
})

function featureSetId(config: FeatureStoreConfig, used: Record<'user' | 'item', Set<string>>): string {
  const definitions = config.features.map((definition) => ({
    ...definition,
    name: nameOfDefinition(definition),
  }))
  const kinds = (entity: 'user' | 'item') =>
    [...used[entity]].sort().map((name) => [name, config.attributes[entity][name]])
  return `fs-${canonicalHash({ format: VECTOR_FORMAT, definitions, user: kinds('user'), item: kinds('item') })}`
}

const usesOf = ({ features }: FeatureStoreConfig) =>
  features.map((definition) => kindOf(definition).uses(definition))

function attributesUsed(config: FeatureStoreConfig): Record<'user' | 'item', Set<string>> {
  const used = { user: new Set<string>(), item: new Set<string>() }
  for (const { attributes } of usesOf(config))
    for (const { from, attribute } of attributes) if (from !== 'context') used[from].add(attribute)
  return used
}
