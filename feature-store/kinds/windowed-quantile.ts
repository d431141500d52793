import { z } from 'zod'
import type { OwnSlot } from '../state/own-slot.ts'
import { BIN_NUMBERS_MAX, quantileSketch, type QuantileSketch } from '../state/quantile-sketch.ts'
import { tileEntry, type Tiling, tilesAt } from '../state/tile-entries.ts'
import { withMissing } from '../vectors/columns.ts'
import { scaledNumber } from '../vectors/scales.ts'
import { numberUnit } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { entity, joined, named, numberScale, of } from './parts/settings.ts'
import { maybeTiled, tileMistakes, tilesOf, tileWords } from './parts/tiles.ts'

const schema = z.strictObject({
  kind: z.literal('windowedQuantile'),
  entity,
  ...named,
  of: of.describe('interaction types whose values count; those without one are left out'),
  quantile: z.number().min(0).max(1).describe('0.5 is the median'),
  accuracy: z
    .number()
    .min(0.005)
    .max(0.2)
    .default(0.02)
    .describe('how far a quantile may be off, as a share of itself: half of it, twice the bytes'),
  ...maybeTiled,
  scale: numberScale.optional(),
})

function binsSlot(
  types: readonly string[],
  tiling: Tiling,
  { accuracy, sketch }: { accuracy: number; sketch: QuantileSketch },
): OwnSlot {
  const { tileMs, count } = tiling
  return {
    spec: { kind: 'windowedQuantile', of: types, tileMs: Number.isFinite(tileMs) ? tileMs : null, accuracy },
    numbers: [],
    entries: { valuesMax: count, numbers: [], listMax: BIN_NUMBERS_MAX },
    lookup: null,
    takesValue: true,
    folds: new Map(
      types.map((type) => [
        type,
        (_, __, occurredAtMs, entries, ___, { value }) => {
          if (value === null) return
          const tile = tileEntry(entries, tiling, occurredAtMs)
          if (tile !== null) sketch.add(tile.counters, value)
        },
      ]),
    ),
  }
}

/** A quantile of the values of interactions, of the last minutes of event time or of all: by a sketch, scaled, -10..10. */
export const windowedQuantile = defineKind(schema, {
  meaning:
    'A quantile of the values of interactions, of the last minutes of event time or of all: by a sketch, scaled, -10..10.',
  example: { entity: 'item', of: ['view'], quantile: 0.9, windowMinutes: 60, bucketMinutes: 20 },
  units: ({ scale }) => [numberUnit(scale)],
  nameOf: ({ entity, of, quantile, windowMinutes }) =>
    `${entity}_${joined(of)}_value_q${String(quantile)}_${tileWords({ windowMinutes })}`,
  uses: ({ of }) => ({ ...USES_NOTHING, interactionTypes: { of } }),
  mistakes: tileMistakes,
  state({ entity, of, accuracy, ...window }, layouts) {
    const tiling = tilesOf(window)
    const sketch = quantileSketch(accuracy)
    const slot = binsSlot([...new Set(of)].sort(), tiling, { accuracy, sketch })
    return { tiling, sketch, place: layouts[entity].own(slot) }
  },
  columns: ({ entity, quantile, scale }, { tiling, sketch, place }) =>
    withMissing(entity, entity, (input) => {
      const { state, layout, atMs } = input[entity]
      if (state === null) return null
      const entries = state.maps[layout.places.ownEntries[place]!]!
      const value = sketch.quantile(tilesAt(entries, tiling, atMs), quantile)
      return value === null ? null : scaledNumber(value, scale)
    }),
})
