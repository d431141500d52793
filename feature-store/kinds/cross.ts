import { z } from 'zod'
import { mapKeyOf } from '../state/layout.ts'
import { attributeReader, withMissing } from '../vectors/columns.ts'
import { mapCounterAt, mapEntryAt } from '../vectors/entity-view.ts'
import { scaledRate } from '../vectors/scales.ts'
import { RATE } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { priorOf } from './parts/prior.ts'
import { joined, minutes, nameSchema, named, smoothing } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('cross'),
  ...named,
  ...smoothing,
  by: nameSchema.describe('item attribute'),
  bands: z.array(z.number()).min(1).max(32).optional().describe('upper bounds that cut a number into bands'),
  halfLifeMinutes: minutes('half-life'),
  valuesMax: z.int().min(1).max(64).default(16).describe('attribute values remembered per user'),
})

/** This user's smoothed rate on items like the candidate (user x category): ln(rate / prior), -4..4. */
export const cross = defineKind(schema, {
  meaning:
    "This user's smoothed rate on items like the candidate (user x category): ln(rate / prior), -4..4.",
  example: { of: ['click'], per: ['view'], prior: 0.12, strength: 5, by: 'category', halfLifeMinutes: 180 },
  units: () => [RATE],
  nameOf: ({ by, of, per, halfLifeMinutes }) =>
    `user_x_${by}_${joined(of)}_per_${joined(per)}_${String(halfLifeMinutes)}m`,
  uses: ({ of, per, by }) => ({
    ...USES_NOTHING,
    interactionTypes: { of, per },
    attributes: [{ setting: 'by', from: 'item', attribute: by }],
  }),
  mistakes({ by, bands }, { attributeKind, mistake }) {
    const kind = attributeKind('item', by)
    if (kind === 'number' && bands === undefined)
      mistake('bands', `${by} is declared as number; say where to cut it`)
    if (kind === 'text' && bands !== undefined) mistake('bands', `${by} is declared as text; leave bands out`)
    if (kind === 'texts')
      mistake('by', `${by} is declared as texts: an item has several; use affinity({ by: '${by}' })`)
    const isAscending = (bands ?? []).every((bound, i, all) => i === 0 || all[i - 1]! < bound)
    if (!isAscending) mistake('bands', 'must ascend')
  },
  state({ by, bands = null, valuesMax, of, per, prior, halfLifeMinutes }, layouts) {
    const { user } = layouts
    const map = user.map(by, bands, valuesMax)
    const successes = user.mapCounter(map, of, halfLifeMinutes)
    const trials = user.mapCounter(map, per, halfLifeMinutes)
    return { map, successes, trials, priorIn: priorOf({ of, per, prior }, halfLifeMinutes, layouts) }
  },
  columns({ by, bands = null, strength }, { map, successes, trials, priorIn }, attributes) {
    const valueOf = attributeReader('item', by, attributes)
    const slot = { bands }
    return withMissing('item', 'user', (input) => {
      const key = mapKeyOf(slot, valueOf(input))
      if (key === null) return null
      const { user } = input
      const entry = mapEntryAt(user, map, key)
      return scaledRate(
        mapCounterAt(user, map, entry, successes),
        mapCounterAt(user, map, entry, trials),
        priorIn(input),
        strength,
      )
    })
  },
})
