import type { AttributeFacts } from '#feature-store'
import { logFeed, type LogFeed } from './feeds.ts'
import type { TableShape } from './table-entries.ts'
import { COURSE_SUFFIXES } from './table-names.ts'

const MINUTE_MS = 60_000

/** Attributes that come from tables of their own, by their names. */
export interface SideFacts {
  user?: Readonly<Record<string, AttributeFacts>>
  item?: Readonly<Record<string, AttributeFacts>>
}

/**
 * A feed for any table: generic live features and its own columns. Without users and items the table is one stream: its own
 * last labels are the features of its user, and each number has others that say how it stands to the rows before.
 */
export function tableFeed(shape: TableShape, everyMs: number, sides: SideFacts = {}): LogFeed {
  const { map, context } = shape
  const isStream = map.user === undefined && map.item === undefined
  const described = (columns: readonly string[]): Record<string, AttributeFacts> =>
    Object.fromEntries(columns.map((column) => [shape.names.get(column)!, shape.facts.columns.get(column)!]))
  const asked = described(context)
  return logFeed({
    interactionTypes: ['view', 'click'],
    known: {
      of: ['click'],
      per: ['view'],
      items: map.item === undefined ? 'none' : map.request === undefined ? 'alone' : 'lists',
      timeZone: map.time === undefined ? null : 'UTC',
      attributes: {
        user: { ...described(map.userAttributes), ...sides.user },
        item: { ...described(map.itemAttributes), ...sides.item },
        context: { ...asked, ...(isStream ? changesOf(asked) : {}) },
      },
    },
    label: 'click',
    horizonMinutes: isStream ? everyMs / MINUTE_MS / 4 : 60,
    graceMinutes: isStream ? 0 : 1,
  })
}

/** A change is about as large as its column varies. */
function changesOf(asked: Readonly<Record<string, AttributeFacts>>): Record<string, AttributeFacts> {
  return Object.fromEntries(
    Object.entries(asked).flatMap(([name, facts]) =>
      facts.kind === 'number'
        ? COURSE_SUFFIXES.map((suffix) => [`${name}${suffix}`, { ...facts, mean: 0 }] as const)
        : [],
    ),
  )
}
