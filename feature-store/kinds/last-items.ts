import { z } from 'zod'
import { textsOf } from '../attributes/texts.ts'
import type { MapEntry } from '../state/entity-state.ts'
import { blankOf, type OwnFold, type OwnNumber, type OwnSlot } from '../state/own-slot.ts'
import { itemHashOf } from '../state/recent-ids.ts'
import {
  attributeReader,
  oneHotColumns,
  withMissing,
  type Columns,
  type RowInput,
} from '../vectors/columns.ts'
import type { EntityView } from '../vectors/entity-view.ts'
import { hashedBucket } from '../vectors/scales.ts'
import { SHARE } from '../vectors/units.ts'
import { defineKind, USES_NOTHING, type AttributesLayouts } from './parts/feature-kind.ts'
import { joined, named, nameSchema, of, valueText } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('lastItems'),
  ...named,
  of: of.describe('interaction types that put an item in front'),
  last: z.int().min(1).max(64).default(10).describe('how many are remembered, each once'),
  by: nameSchema
    .optional()
    .describe(
      'item attribute, declared as text or texts, whose values are remembered; left out: the items themselves',
    ),
  as: z
    .union([
      z.literal('match'),
      z.strictObject({ oneHot: z.array(valueText).min(1).max(256) }),
      z.strictObject({ hashed: z.int().min(2).max(1024) }),
    ])
    .default('match')
    .describe(
      'match: which share of what the candidate is, is among them; oneHot and hashed: a column each for what is among them',
    ),
})

const AT = 0
const ENTRY: readonly OwnNumber[] = [{ name: 'at', stored: 'moment' }]
const BLANK = blankOf(ENTRY)

/** Ordered by event time, oldest first; what comes late is put where it belongs, or is too old to be remembered. */
function remember(entries: MapEntry[], key: string, occurredAtMs: number, last: number): void {
  const found = entries.findIndex((entry) => entry.key === key)
  if (found >= 0 && entries[found]!.counters[AT]! > occurredAtMs) return
  const entry = found >= 0 ? entries.splice(found, 1)[0]! : { key, counters: BLANK.slice() }
  entry.counters[AT] = occurredAtMs
  let place = entries.length
  while (place > 0 && entries[place - 1]!.counters[AT]! > occurredAtMs) place--
  entries.splice(place, 0, entry)
  if (entries.length > last) entries.shift()
}

function listSlot(types: readonly string[], last: number, by: string | undefined): OwnSlot {
  const fold: OwnFold = (_, __, occurredAtMs, entries, key, { itemHash = 0 }) => {
    if (by === undefined) remember(entries, idKey(itemHash), occurredAtMs, last)
    else if (key !== null) for (const text of textsOf(key)) remember(entries, text, occurredAtMs, last)
  }
  return {
    spec: { kind: 'lastItems', of: types },
    numbers: [],
    entries: { valuesMax: last, numbers: ENTRY },
    lookup: by === undefined ? null : { attribute: by, bands: null },
    takesItem: by === undefined,
    folds: new Map(types.map((type) => [type, fold])),
  }
}

const idKey = (itemHash: number) => itemHash.toString(36)

/** The last items of a user, or the values of an attribute of them: whether the candidate is among them, or a column each. */
export const lastItems = defineKind(schema, {
  meaning:
    'The last items of a user, or the values of an attribute of them: whether the candidate is among them, or a column each.',
  example: { of: ['click'], by: 'tags', last: 3 },
  units: ({ as }) => (as === 'match' ? [SHARE] : []),
  states: () => ['user'],
  nameOf: ({ of, last, by }) => `user_last_${String(last ?? 10)}_${joined(of)}_${by ?? 'items'}`,
  uses: ({ of, by }) => ({
    ...USES_NOTHING,
    interactionTypes: { of },
    attributes: by === undefined ? [] : [{ setting: 'by', from: 'item', attribute: by }],
  }),
  mistakes({ by, as }, { attributeKind, mistake }) {
    if (by !== undefined && attributeKind('item', by) === 'number')
      mistake('by', `${by} is declared as number; its values are not remembered one by one`)
    if (by === undefined && as !== 'match')
      mistake('as', "ids of items have no names to be columns: say by which attribute, or use 'match'")
  },
  state: ({ of, last, by }, layouts) => layouts.user.own(listSlot([...new Set(of)].sort(), last, by)),
  columns({ by, as }, place, attributes) {
    const keysOf = rememberedKeys(place)
    if (as === 'match') return matchColumns(keysOf, by, attributes)
    if ('oneHot' in as) {
      const places = new Map(as.oneHot.map((value, n) => [value, n]))
      return oneHotColumns('user', as.oneHot, ({ user }) =>
        listed(keysOf(user), (key) => places.get(key) ?? -1),
      )
    }
    const buckets = Array.from({ length: as.hashed }, (_, bucket) => `#${String(bucket)}`)
    return oneHotColumns('user', buckets, ({ user }) =>
      listed(keysOf(user), (key) => hashedBucket(key, as.hashed)),
    )
  },
})

/** null: the user has none yet. */
const listed = (keys: ReadonlySet<string>, placeOf: (key: string) => number): number[] | null =>
  keys.size === 0 ? null : [...keys].map(placeOf)

const NOTHING: ReadonlySet<string> = new Set()

/** Found once, and asked for by every candidate of a request. */
function rememberedKeys(place: number): (user: EntityView) => ReadonlySet<string> {
  let last: EntityView | undefined
  let keys = NOTHING
  return (user) => {
    if (user === last) return keys
    last = user
    const entries = user.state === null ? [] : user.state.maps[user.layout.places.ownEntries[place]!]!
    keys = entries.length === 0 ? NOTHING : new Set(entries.map(({ key }) => key))
    return keys
  }
}

/** Missing while the user has none, or nobody knows what the candidate is. */
function matchColumns(
  keysOf: (user: EntityView) => ReadonlySet<string>,
  by: string | undefined,
  attributes: AttributesLayouts,
): Columns {
  const textOf = by === undefined ? null : attributeReader('item', by, attributes)
  const candidateKeys = (input: RowInput): readonly string[] | null => {
    if (textOf === null) return [idKey(itemHashOf(input.item.id))]
    const value = textOf(input)
    return typeof value === 'string' ? textsOf(value) : null
  }
  return withMissing('item', 'user', (input) => {
    const remembered = keysOf(input.user)
    const wanted = remembered.size === 0 ? null : candidateKeys(input)
    if (wanted === null) return null
    return wanted.filter((key) => remembered.has(key)).length / wanted.length
  })
}
