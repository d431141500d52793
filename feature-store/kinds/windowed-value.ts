import { z } from 'zod'
import type { OwnFold, OwnNumber, OwnSlot } from '../state/own-slot.ts'
import type { Tiling } from '../state/tile-entries.ts'
import { withMissing } from '../vectors/columns.ts'
import type { EntityView } from '../vectors/entity-view.ts'
import { scaledNumber } from '../vectors/scales.ts'
import { numberUnit } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { entity, joined, named, numberScale, of } from './parts/settings.ts'
import { tiled, tileMistakes, tilesOf, tileWords } from './parts/tiles.ts'

const schema = z.strictObject({
  kind: z.literal('windowedValue'),
  entity,
  ...named,
  of: of.describe('interaction types whose values count; those without one are left out'),
  as: z.enum(['sum', 'mean', 'min', 'max']),
  ...tiled,
  scale: numberScale.optional(),
})

/** When the newest tile begins, -1 none; then tiles, newest first. */
const NEWEST = 0
const TILES = 1
/** Of a tile; the others are 0 while nothing is counted. */
const COUNT = 0
const SUM = 1
const MIN = 2
const MAX = 3
const TILE = 4

/** Moves the tiles on to the one of this moment. */
function advance(numbers: number[], at: number, { tileMs, count }: Tiling, startMs: number): void {
  const newestMs = numbers[at + NEWEST]!
  if (startMs <= newestMs) return
  const first = at + TILES
  const end = first + count * TILE
  const passed = newestMs < 0 ? count : Math.min(count, (startMs - newestMs) / tileMs)
  numbers.copyWithin(first + passed * TILE, first, end - passed * TILE)
  numbers.fill(0, first, first + passed * TILE)
  numbers[at + NEWEST] = startMs
}

/** A late value goes into the tile of its event time, if the window still has that; the order makes no difference but rounding. */
function tilesSlot(types: readonly string[], tiles: Tiling): OwnSlot {
  const { tileMs, count } = tiles
  const add: OwnFold = (numbers, at, occurredAtMs, _, __, { value: told }) => {
    if (told === null) return
    const value = told + 0 // -0 is left out where zeros end a slot
    const startMs = Math.floor(occurredAtMs / tileMs) * tileMs
    advance(numbers, at, tiles, startMs)
    const back = (numbers[at + NEWEST]! - startMs) / tileMs
    if (back >= count) return
    const tile = at + TILES + back * TILE
    const isFirst = numbers[tile + COUNT] === 0
    numbers[tile + COUNT]!++
    numbers[tile + SUM]! += value
    numbers[tile + MIN] = isFirst ? value : Math.min(numbers[tile + MIN]!, value)
    numbers[tile + MAX] = isFirst ? value : Math.max(numbers[tile + MAX]!, value)
  }
  const tileNumbers = (n: number): OwnNumber[] => [
    { name: `count${String(n)}`, stored: 'count' },
    { name: `sum${String(n)}`, stored: 'amount' },
    { name: `min${String(n)}`, stored: 'amount' },
    { name: `max${String(n)}`, stored: 'amount' },
  ]
  return {
    spec: { kind: 'windowedValue', of: types, tileMs },
    numbers: [
      { name: 'newest', stored: 'moment' },
      ...Array.from({ length: count }, (_, n) => tileNumbers(n)).flat(),
    ],
    entries: null,
    lookup: null,
    takesValue: true,
    trimmed: true,
    folds: new Map(types.map((type) => [type, add])),
  }
}

/** What the values of interactions came to in the last minutes of event time: sum, mean, min or max, scaled, -10..10. */
export const windowedValue = defineKind(schema, {
  meaning:
    'What the values of interactions came to in the last minutes of event time: sum, mean, min or max, scaled, -10..10.',
  example: {
    entity: 'item',
    of: ['view'],
    as: 'mean',
    windowMinutes: 60,
    bucketMinutes: 10,
    scale: { log1p: true },
  },
  units: ({ scale }) => [numberUnit(scale)],
  nameOf: ({ entity, of, as, windowMinutes }) =>
    `${entity}_${joined(of)}_value_${as}_${tileWords({ windowMinutes })}`,
  uses: ({ of }) => ({ ...USES_NOTHING, interactionTypes: { of } }),
  mistakes: tileMistakes,
  state: ({ entity, of, ...window }, layouts) => {
    const tiles = tilesOf(window)
    return { tiles, place: layouts[entity].own(tilesSlot([...new Set(of)].sort(), tiles)) }
  },
  columns: ({ entity, as, scale }, slots) =>
    withMissing(entity, entity, (input) => {
      const value = merged(input[entity], slots, as)
      return value === null ? null : scaledNumber(value, scale)
    }),
})

/** Over the tiles from the one of the view's moment back; null: no value fell into them. */
function merged(
  { state, layout, atMs }: EntityView,
  { tiles: { tileMs, count }, place }: { tiles: Tiling; place: number },
  as: 'sum' | 'mean' | 'min' | 'max',
): number | null {
  if (state === null) return null
  const at = layout.places.own[place]!
  const newestMs = state.numbers[at + NEWEST]!
  if (newestMs < 0) return null
  const lastMs = Math.floor(atMs / tileMs) * tileMs
  let [values, sum, min, max] = [0, 0, Infinity, -Infinity]
  for (let n = 0; n < count; n++) {
    const startMs = newestMs - n * tileMs
    const tile = at + TILES + n * TILE
    if (startMs > lastMs || startMs <= lastMs - count * tileMs || state.numbers[tile + COUNT] === 0) continue
    values += state.numbers[tile + COUNT]!
    sum += state.numbers[tile + SUM]!
    min = Math.min(min, state.numbers[tile + MIN]!)
    max = Math.max(max, state.numbers[tile + MAX]!)
  }
  if (values === 0) return null
  return { sum, mean: sum / values, min, max }[as]
}
