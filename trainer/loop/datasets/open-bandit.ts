import { createHash } from 'node:crypto'
import { joinedId } from '#schemas'
import { type CsvRow, numberOf, type RowPlace, textOf } from '#feature-store/files'
import type { TimedRow } from './ordered-rows.ts'
import { number, text, type LogEntry } from './feed-log.ts'

/** Campaigns of the Open Bandit Dataset, and who chose the items: uniform chance or Bernoulli Thompson Sampling. */
export const OPEN_BANDIT_CAMPAIGNS = ['men', 'women', 'all'] as const
export const OPEN_BANDIT_POLICIES = ['random', 'bts'] as const

/** The columns of a row that are always there; affinities are named after their item. */
export const OPEN_BANDIT_COLUMNS = [
  '',
  'timestamp',
  'item_id',
  'position',
  'click',
  'propensity_score',
  'user_feature_0',
  'user_feature_1',
  'user_feature_2',
  'user_feature_3',
] as const

/** Begins the columns of how well each item fits the user. */
const AFFINITY = 'user-item_affinity_'
/** The other policy's propensities are estimates of its own simulation, some of them next to 0. */
const UNIFORM: (typeof OPEN_BANDIT_POLICIES)[number] = 'random'
const USER_FEATURES = ['user_feature_0', 'user_feature_1', 'user_feature_2', 'user_feature_3']

/**
 * One impression of the log as a rank request for that single item, with what came of it.
 *
 * The log gives one time for an impression and its click, so both outcomes carry it. People are anonymous: a
 * user is everybody with the same four hashed features. The logging policy's propensity and the slot on the
 * page (0-based) travel as context. Of the uniform policy it is also told what else could have been shown.
 *
 * @param campaign policy and campaign, as the file is called
 * @throws LogUnreadableError naming the line and the column
 * @see Saito et al. 2020, Open Bandit Dataset and Pipeline, arXiv 2008.07146
 */
export function openBanditImpression(
  campaign: string,
  { row, place, atMs }: TimedRow,
): Extract<LogEntry, { kind: 'impression' }> {
  const item = textOf(row, 'item_id', place)
  const slot = numberOf(row, 'position', place) - 1
  const requestId = joinedId('-', [campaign, textOf(row, '', place)])
  const userId = userIdOf(row, place)
  const itemId = openBanditItemId(item)
  const propensity = numberOf(row, 'propensity_score', place)
  const contextOf = (affinityColumn: string) => [
    text('slot', `p${String(slot)}`),
    number('affinity', numberOf(row, affinityColumn, place)),
    number('logged_propensity', propensity),
  ]
  const options = Object.keys(row)
    .filter((column) => column.startsWith(AFFINITY))
    .map((column) => ({
      itemId: openBanditItemId(column.slice(AFFINITY.length)),
      context: contextOf(column),
    }))
  const outcome = (type: string) => ({
    interactionId: `${requestId}.${type}`,
    userId,
    itemId,
    type,
    occurredAtMs: atMs,
    requestId,
    position: 0,
    value: null,
  })
  const clicked = numberOf(row, 'click', place) === 1
  return {
    kind: 'impression',
    atMs,
    request: {
      requestId,
      userId,
      occurredAtMs: atMs,
      candidates: [itemId],
      context: contextOf(`${AFFINITY}${item}`),
    },
    outcomes: clicked ? [outcome('view'), outcome('click')] : [outcome('view')],
    ...(campaign.startsWith(UNIFORM) ? { choice: { propensity, slot, options } } : {}),
  }
}

/** The user of an impression, with the four features as attributes. */
export function openBanditUser({ row, place, atMs }: TimedRow): Extract<LogEntry, { kind: 'user' }> {
  const attributes = USER_FEATURES.map((name) => text(name, shortHash(textOf(row, name, place))))
  return { kind: 'user', atMs, user: { userId: userIdOf(row, place), occurredAtMs: atMs, attributes } }
}

/** A row of item_context_*.csv. */
export function openBanditItem(
  row: CsvRow,
  place: RowPlace,
  atMs: number,
): Extract<LogEntry, { kind: 'item' }> {
  const hashed = ['item_feature_1', 'item_feature_2', 'item_feature_3'].map((name) =>
    text(name, shortHash(textOf(row, name, place))),
  )
  const attributes = [number('item_feature_0', numberOf(row, 'item_feature_0', place)), ...hashed]
  return {
    kind: 'item',
    atMs,
    item: { itemId: openBanditItemId(textOf(row, 'item_id', place)), occurredAtMs: atMs, attributes },
  }
}

export const openBanditItemId = (item: string) => `i${item}`

function userIdOf(row: CsvRow, place: RowPlace): string {
  const features = joinedId(
    '\n',
    USER_FEATURES.map((name) => textOf(row, name, place)),
  )
  return `u${createHash('sha256').update(features).digest('hex').slice(0, 16)}`
}

/** The log's values are 32 hex digits; eight tell them apart and fit a column name. */
const shortHash = (value: string) => `h${value.slice(0, 8)}`
