import { z } from 'zod'
import { textsOf } from '../attributes/texts.ts'
import { addDistinct, countDistinct, spreadHash } from '../state/distinct-sketch.ts'
import type { OwnFold, OwnSlot } from '../state/own-slot.ts'
import { idHashOf, itemHashOf } from '../state/recent-ids.ts'
import { tileEntry, type Tiling, tilesAt } from '../state/tile-entries.ts'
import { ofState } from '../vectors/columns.ts'
import { scaledCount } from '../vectors/scales.ts'
import { COUNT } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { entity, joined, named, nameSchema, of } from './parts/settings.ts'
import { maybeTiled, tileMistakes, tilesOf, tileWords } from './parts/tiles.ts'

const each = z.union([z.enum(['user', 'item']), z.strictObject({ item: nameSchema })])
type Each = z.output<typeof each>

const schema = z.strictObject({
  kind: z.literal('distinctCount'),
  entity,
  ...named,
  of,
  each: each.describe(
    'what is told apart: of an item its users; of a user the items, or the values of an attribute of them',
  ),
  hashesMax: z
    .int()
    .min(16)
    .max(1_024)
    .default(64)
    .describe(
      'exact up to so many, then within 1 / sqrt of it: 64 is 13 %, 256 is 6 %; four bytes each, per bucket',
    ),
  ...maybeTiled,
})

/** What an item's copies tell of their user: a list of one, its hash. */
const USERS: OwnSlot['spec'] = { kind: 'distinctCount', each: 'user' }
const USERS_HASH = idHashOf(JSON.stringify(USERS))

/** Users keep nothing for it: their copies take their own hash along. */
const carriedUser = (types: readonly string[]): OwnSlot => ({
  spec: { ...USERS, carriedBy: types },
  numbers: [],
  entries: null,
  lookup: null,
  carries: {
    listHash: USERS_HASH,
    types: new Set(types),
    items: (_, __, ___, userId) => [itemHashOf(userId)],
  },
  folds: new Map(),
})

const wordOf = (each: Each) => (typeof each === 'string' ? `${each}s` : each.item)

interface Counting {
  tiling: Tiling
  hashesMax: number
  each: Each
}

function hashesSlot(types: readonly string[], { tiling, hashesMax, each }: Counting): OwnSlot {
  const { tileMs, count } = tiling
  const fold: OwnFold = (_, __, occurredAtMs, entries, key, { itemHash = 0, recentItems }) => {
    const hashes =
      typeof each === 'object'
        ? textsOf(key ?? '').map(itemHashOf)
        : each === 'item'
          ? [itemHash]
          : (recentItems.find(({ listHash }) => listHash === USERS_HASH)?.itemHashes ?? [])
    if (hashes.length === 0 || (typeof each === 'object' && key === null)) return
    const tile = tileEntry(entries, tiling, occurredAtMs)
    if (tile === null) return
    for (const hash of hashes) addDistinct(tile.counters, spreadHash(hash), hashesMax)
  }
  return {
    spec: {
      kind: 'distinctCount',
      of: types,
      each,
      tileMs: Number.isFinite(tileMs) ? tileMs : null,
      hashesMax,
    },
    numbers: [],
    entries: { valuesMax: count, numbers: [], listMax: hashesMax },
    lookup: typeof each === 'object' ? { attribute: each.item, bands: null } : null,
    takesItem: each === 'item',
    folds: new Map(types.map((type) => [type, fold])),
  }
}

/** How many different users, items or attribute values there were, in the last minutes of event time or ever: ln(1 + count) / 4. */
export const distinctCount = defineKind(schema, {
  meaning:
    'How many different users, items or attribute values there were, in the last minutes of event time or ever: ln(1 + count) / 4.',
  example: { entity: 'item', of: ['view'], each: 'user', windowMinutes: 120, bucketMinutes: 30 },
  units: () => [COUNT],
  nameOf: ({ entity, of, each, windowMinutes }) =>
    `${entity}_${joined(of)}_distinct_${wordOf(each)}_${tileWords({ windowMinutes })}`,
  uses: ({ of, each }) => ({
    ...USES_NOTHING,
    interactionTypes: { of },
    attributes: typeof each === 'object' ? [{ setting: 'each', from: 'item', attribute: each.item }] : [],
  }),
  mistakes(definition, check) {
    const { entity, each } = definition
    tileMistakes(definition, check)
    if (entity === 'item' && each !== 'user')
      check.mistake('each', "an item is met by users: each must be 'user'")
    if (entity === 'user' && each === 'user')
      check.mistake('each', "a user is one user: each must be 'item' or { item: an attribute }")
    if (typeof each === 'object' && check.attributeKind('item', each.item) === 'number')
      check.mistake('each', `${each.item} is declared as number; its values are not told apart`)
  },
  state({ entity, of, each, hashesMax, ...window }, layouts) {
    const types = [...new Set(of)].sort()
    const counting = { tiling: tilesOf(window), hashesMax, each }
    if (each === 'user') layouts.user.own(carriedUser(types))
    return { ...counting, place: layouts[entity].own(hashesSlot(types, counting)) }
  },
  columns: ({ entity }, { tiling, hashesMax, place }) =>
    ofState(entity, ({ state, layout, atMs }) => {
      if (state === null) return 0
      const entries = state.maps[layout.places.ownEntries[place]!]!
      return scaledCount(countDistinct(tilesAt(entries, tiling, atMs), hashesMax))
    }),
})
