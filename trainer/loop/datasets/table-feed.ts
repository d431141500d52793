import type { FeatureDefinition } from '#feature-store'
import {
  affinities,
  attributeFeature,
  itemFeatures,
  times,
  userFeatures,
  type DescribedAttribute,
  type FeatureSubject,
} from './generic-features.ts'
import { logFeed, type LogFeed } from './feeds.ts'
import type { TableShape } from './table-entries.ts'
import { CHANGE_SUFFIX } from './table-names.ts'

const MINUTE_MS = 60_000
const PRIOR = 0.2
/** Of rows in order: each label is known before the next row comes. */
const EVEN = 0.5

/**
 * A feed for any table: generic live features and its own columns. Without users and items the table is one stream: its own
 * last labels are the features of its user, and each number has a second one that says how it has changed.
 */
export function tableFeed(shape: TableShape, everyMs: number): LogFeed {
  const { map, context } = shape
  const isStream = map.user === undefined && map.item === undefined
  const subject: FeatureSubject = {
    of: ['click'],
    per: ['view'],
    prior: isStream ? EVEN : PRIOR,
    lists: map.request !== undefined,
  }
  const described = (columns: readonly string[]): DescribedAttribute[] =>
    columns.map((column) => ({ name: shape.names.get(column)!, facts: shape.facts.columns.get(column)! }))
  const [user, item, asked] = [
    described(map.userAttributes),
    described(map.itemAttributes),
    described(context),
  ]
  const changes = isStream ? changesOf(asked) : []
  const features: FeatureDefinition[] = [
    ...userFeatures(subject),
    ...(map.item === undefined ? [] : itemFeatures(subject)),
    ...affinities(
      subject,
      item.filter(({ facts }) => facts.kind !== 'number').map(({ name }) => name),
    ),
    ...(map.time === undefined ? [] : times({})),
    ...user.map((one) => attributeFeature('user', one)),
    ...item.map((one) => attributeFeature('item', one)),
    ...[...asked, ...changes].map((one) => attributeFeature('context', one)),
  ]
  const kinds = (attributes: readonly DescribedAttribute[]) =>
    Object.fromEntries(attributes.map(({ name, facts }) => [name, facts.kind]))
  return logFeed({
    interactionTypes: ['view', 'click'],
    attributes: { user: kinds(user), item: kinds(item), context: kinds([...asked, ...changes]) },
    features,
    label: { name: 'click', positive: ['click'], shown: ['view'] },
    horizonMinutes: isStream ? everyMs / MINUTE_MS / 4 : 60,
    graceMinutes: isStream ? 0 : 1,
  })
}

/** A change is about as large as its column varies. */
function changesOf(context: readonly DescribedAttribute[]): DescribedAttribute[] {
  return context.flatMap(({ name, facts }) =>
    facts.kind === 'number' ? [{ name: `${name}${CHANGE_SUFFIX}`, facts: { ...facts, mean: 0 } }] : [],
  )
}
